"""What a dialogue says: the texts of the questionnaire, filled when they go out."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from msgspec import structs

from common.answers import Keyword, may_be_stop, read_keyword, without_tables
from common.dialogue.state import Output, Said
from common.events.questionnaire import Band, Question, Questionnaire, Texts
from common.events.values import Channel
from common.render import render, variables_of

# Filled by the dialogue itself, over what the step brought.
OWN_VARIABLES = frozenset({"brand", "low", "high", "score", "answer"})
# An address where its receiver opts out by one press; the sender knows it, of this person alone.
OPT_OUT_LINK = "opt_out_link"
_LINKED = ("opt_out", "reminder", "thank_you")  # and `thanks`: texts that may name it
NOTHING_TOLD: Mapping[str, str] = MappingProxyType({})


def opening_text(questionnaire: Questionnaire, variables: Mapping[str, str]) -> str:
    """The first message: who asks, the first question, and how to opt out, each of them once."""
    return _introduced(questionnaire, questionnaire.questions[0].text, variables)


def reminder_text(questionnaire: Questionnaire, variables: Mapping[str, str]) -> str:
    """To somebody who has answered nothing: as the first message, in the words of a reminder."""
    text = questionnaire.texts.reminder or questionnaire.questions[0].text
    return _introduced(questionnaire, text, variables)


def note_text(questionnaire: Questionnaire, band: Band | None, variables: Mapping[str, str]) -> str:
    """The closing to somebody who has read nothing of ours yet: who writes, and how to opt out."""
    return _introduced(questionnaire, closing(questionnaire, band), variables)


def _introduced(questionnaire: Questionnaire, said: str, variables: Mapping[str, str]) -> str:
    known = dict(variables) | _own(questionnaire, questionnaire.questions[0])
    text, brand = render(said, known), render("{brand}", known)
    if brand.casefold() not in text.casefold():
        text = f"{brand}: {text}"
    if _tells_how(said, text, known, questionnaire.language):
        return text
    written = questionnaire.texts.opt_out
    opt_out = render(written, known)
    if not _tells_how(written, opt_out, known, questionnaire.language):
        opt_out = f"{opt_out} {Texts().opt_out}".strip()
    return f"{text} {opt_out}"


def _tells_how(written: str, text: str, known: Mapping[str, str], language: str) -> bool:
    """How to opt out: by a link that there is, or by a word; without a link a word is needed."""
    linked = bool(known.get(OPT_OUT_LINK)) and OPT_OUT_LINK in variables_of(written)
    return linked or _tells_stop(text, language)


def names_opt_out_link(questionnaire: Questionnaire) -> bool:
    """Whether any text that may name it does."""
    texts = questionnaire.texts
    said = [getattr(texts, name) for name in _LINKED]
    said += [*texts.thanks.values(), *(t for own in texts.thanks_on.values() for t in own.values())]
    return any(OPT_OUT_LINK in text and OPT_OUT_LINK in variables_of(text) for text in said)


def listed(output: Output) -> str:
    """The options of the choice that is open, each on a line with its number; else nothing."""
    options = output.question.options if output.question else ()
    return "".join(f"\n{place} {option.text}" for place, option in enumerate(options, 1))


def spoken(questionnaire: Questionnaire, output: Output, variables: Mapping[str, str]) -> str:
    """An output as the person reads it; `variables` are those of the step."""
    if output.kind is Said.OPENING:
        return opening_text(questionnaire, variables)
    return render(output.text, dict(variables) | output.variables)


def asked(questionnaire: Questionnaire, question: Question) -> Output:
    """A question that follows, as it is asked for the first time."""
    return say(questionnaire, Said.QUESTION, question.text, question=question)


def say(
    questionnaire: Questionnaire,
    kind: Said,
    text: str,
    *,
    question: Question | None = None,
    told: Mapping[str, str] = NOTHING_TOLD,
) -> Output:
    """`question` is the one left open; the text may name the ends of its scale.

    `told`: what else of `OWN_VARIABLES` the text may name.
    """
    variables = _own(questionnaire, question or questionnaire.questions[0]) | dict(told)
    return Output(kind=kind, text=text, question=question, variables=variables)


def closing(questionnaire: Questionnaire, band: Band | None) -> str:
    """In the words for the band; what no band is known for gets the neutral ones."""
    texts = questionnaire.texts
    if band is None or band is Band.UNKNOWN:
        return texts.thank_you
    return texts.thanks.get(band, texts.thank_you)


def on_channel(questionnaire: Questionnaire, channel: Channel) -> Questionnaire:
    """As that channel asks it: closing in its own words; only callers choose a language."""
    if channel is not Channel.IVR and questionnaire.others:
        questionnaire = structs.replace(questionnaire, others=())  # they are written to in one
    texts = questionnaire.texts
    own = texts.thanks_on.get(channel)
    if not own:
        return questionnaire
    return structs.replace(
        questionnaire, texts=structs.replace(texts, thanks={**texts.thanks, **own}, thanks_on={})
    )


def _own(questionnaire: Questionnaire, question: Question) -> dict[str, str]:
    return {
        "brand": questionnaire.brand,
        "low": str(question.low),
        "high": str(question.high),
    }


def maybe_stops(text: str, language: str) -> list[str]:
    """Its words that may be keywords, shown as such, in capitals: "how did it end" tells nobody

    anything. The last one first, for that is where it stands. To read one takes a while.
    """
    shown = dict.fromkeys(word for word in reversed(text.split()) if word == word.upper())
    return [word for word in shown if _may_be_stop(word, language)]


def _tells_stop(text: str, language: str) -> bool:
    return any(_means_stop(word, language) for word in maybe_stops(text, language))


# The words of a survey are the same for everybody who is asked.
@lru_cache(maxsize=4_096)
def _may_be_stop(word: str, language: str) -> bool:
    return may_be_stop(word, language)


@lru_cache(maxsize=4_096)
def _means_stop(word: str, language: str) -> bool:
    spoken = "en" if without_tables([language]) else language  # its tables are not made anew
    return read_keyword(word, spoken, question_open=True) is Keyword.STOP
