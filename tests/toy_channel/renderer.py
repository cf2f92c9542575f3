"""A survey as prompts: what is read aloud, and the keys that may be pressed then."""

from collections.abc import Mapping

from channel.content import Prompt
from common import dialogue
from common.dialogue import Output
from common.events.questionnaire import Band, Question, QuestionKind, Questionnaire
from common.events.sends import Step


class PromptRenderer:
    """A rating is answered by a key of its scale."""

    def ask(self, step: Step) -> Prompt:
        survey = step.questionnaire
        text = dialogue.opening_text(survey, step.variables)
        return Prompt(text=text, keys=_keys(survey.questions[0]), language=survey.language)

    def reminder(self, step: Step) -> Prompt:
        survey = step.questionnaire
        text = dialogue.reminder_text(survey, step.variables)
        return Prompt(text=text, keys=_keys(survey.questions[0]), language=survey.language)

    def follow_up(
        self, questionnaire: Questionnaire, output: Output, variables: Mapping[str, str]
    ) -> Prompt:
        text = dialogue.spoken(questionnaire, output, variables)
        return Prompt(text=text, keys=_keys(output.question), language=questionnaire.language)

    def note(
        self, questionnaire: Questionnaire, band: Band | None, variables: Mapping[str, str]
    ) -> Prompt:
        text = dialogue.note_text(questionnaire, band, variables)
        return Prompt(text=text, language=questionnaire.language)

    def notice(self, text: str, language: str) -> Prompt:
        return Prompt(text=text, language=language)


def _keys(question: Question | None) -> tuple[str, ...]:
    if question is None or question.kind is not QuestionKind.RATING:
        return ()
    return tuple(str(key) for key in range(question.low, question.high + 1))
