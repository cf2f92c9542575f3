"""A survey as it is heard: what is said, and the keys that may be pressed then."""

from collections.abc import Mapping, Sequence

from msgspec import structs

from channel.content import Prompt, Utterance
from common import dialogue
from common.dialogue import Output, Said
from common.events.questionnaire import Band, Question, Questionnaire, Voice, VoiceTexts
from common.events.sends import Step
from common.render import render
from ivr_gateway.domain.hearing import STAR, stop_key

Words = tuple[str, str]  # what recordings call it, and its words
# What is said before the question that is asked again.
AGAIN: Mapping[Said, str] = {Said.INVALID: "invalid", Said.SILENT: "silent"}
NAMES: Mapping[Said, str] = {
    Said.GAVE_UP: "gave_up",
    Said.THANKS: "thank_you",
    Said.CLOSED: "closed",
}


class VoiceRenderer:
    """Who heard nothing, or pressed what is no answer, hears why, and the question once more."""

    def ask(self, step: Step) -> Prompt:
        survey = step.questionnaire
        if survey.others:
            said = (("announce", _voice(survey).texts.announce),)
            return _languages(survey, said, step.variables)
        return _opening(survey, step.variables)

    def reminder(self, step: Step) -> Prompt:
        return self.ask(step)

    def follow_up(
        self, questionnaire: Questionnaire, output: Output, variables: Mapping[str, str]
    ) -> Prompt:
        known = dict(variables) | output.variables
        question, texts = output.question, _voice(questionnaire).texts
        said: list[Words] = []
        if output.kind is Said.OPENING:
            return _opening(questionnaire, known)
        if output.kind in AGAIN:
            said.append((AGAIN[output.kind], getattr(texts, AGAIN[output.kind])))
        if questionnaire.others and (output.kind in AGAIN or output.kind is Said.LANGUAGE):
            return _languages(questionnaire, said, known)
        if question is not None:
            said.append((question.id, question.text))
        if not said:
            said.append((_name(output, texts), output.text))
        return _prompt(questionnaire, said, known, question)

    def note(
        self, questionnaire: Questionnaire, band: Band | None, variables: Mapping[str, str]
    ) -> Prompt:
        text = dialogue.note_text(questionnaire, band, variables)
        return Prompt(text=text, language=questionnaire.language)

    def notice(self, text: str, language: str) -> Prompt:
        return Prompt(text=text, language=language)


def _opening(survey: Questionnaire, variables: Mapping[str, str]) -> Prompt:
    first = survey.questions[0]
    said = (
        ("announce", _voice(survey).texts.announce),
        (first.id, first.text),
        ("opt_out", opt_out(survey)),
    )
    return _prompt(survey, said, variables, first)


def _languages(
    survey: Questionnaire, said: Sequence[Words], variables: Mapping[str, str]
) -> Prompt:
    """Each in its own words and voice, with its key; the key to opt out is good already."""
    prompt = _prompt(survey, said, variables, None)
    known = (survey, *survey.others)
    before = prompt.parts or ((Utterance(text=prompt.text),) if prompt.text else ())
    parts = [*before, *(_language(one, str(key)) for key, one in enumerate(known, 1))]
    return structs.replace(
        prompt,
        text=" ".join(part.text for part in parts),
        parts=tuple(parts),
        keys=tuple(str(key) for key in range(1, len(known) + 1)),
        stop=stop_key(survey),
    )


def _language(survey: Questionnaire, key: str) -> Utterance:
    voice = _voice(survey)
    return Utterance(
        text=voice.texts.language.replace("{key}", key),
        audio=voice.recordings.get("language"),
        language=voice.locale or survey.language,
        voice=voice.voice,
    )


def _name(output: Output, texts: VoiceTexts) -> str:
    """Of the words that end it; those of a band have no recording."""
    name = NAMES.get(output.kind, "")
    return name if getattr(texts, name, None) == output.text else ""


def opt_out(questionnaire: Questionnaire) -> str:
    """How to get no more calls, with the key by its name."""
    texts, key = _voice(questionnaire).texts, stop_key(questionnaire)
    return texts.opt_out.replace("{key}", texts.star if key == STAR else key)


def _prompt(
    survey: Questionnaire,
    said: Sequence[Words],
    variables: Mapping[str, str],
    question: Question | None,
) -> Prompt:
    own = {"brand": survey.brand}
    if question is not None:
        own |= {"low": str(question.low), "high": str(question.high)}
    voice, known = _voice(survey), dict(variables) | own
    parts = tuple(
        Utterance(text=render(text, known), audio=voice.recordings.get(name)) for name, text in said
    )
    return Prompt(
        text=" ".join(part.text for part in parts),
        parts=parts if any(part.audio for part in parts) else (),
        keys=_keys(question),
        speech=voice.speech and question is not None,
        hints=_hints(question, voice) if voice.speech else (),
        stop=stop_key(survey) if question else None,
        goodbye=render(voice.texts.goodbye, known),
        voice=voice.voice,
        language=voice.locale or survey.language,
    )


def _hints(question: Question | None, voice: Voice) -> tuple[str, ...]:
    """Numbers and options, and what the survey says beside."""
    options = tuple(option.text for option in question.options) if question else ()
    return (*_keys(question), *(text.replace(",", " ") for text in options), *voice.hints)


def _keys(question: Question | None) -> tuple[str, ...]:
    if question is None or not question.is_counted:
        return ()
    return tuple(str(key) for key in range(question.low, question.high + 1))


def _voice(questionnaire: Questionnaire) -> Voice:
    return questionnaire.voice or Voice()
