"""Whether a choice can be asked: its words by themselves, and on the channels of a flow."""

from collections.abc import Iterator, Mapping

from common.answers import Wish, read_choice, read_keyword, read_opt_out
from common.config import Flow, Question, Survey
from common.events.questionnaire import QuestionKind
from common.events.values import Channel
from common.render import check_variables

LONGEST = 1_000  # characters of a question with its list, in one message
MOST_OPTIONS: Mapping[Channel, tuple[int, str]] = {
    Channel.IVR: (9, "one key is pressed for one of them"),
}


def unaskable(question: Question, languages: set[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with its options: field and words. `languages`: of the survey."""
    for index, option in enumerate(question.options):
        path = f"options.{index}.text"
        if missing := languages - option.text.keys():
            yield path, f"not in {', '.join(sorted(missing))}, as the first question is"
        for language, text in option.text.items():
            for message in check_variables(text, frozenset()):
                yield f"{path}.{language}", message
    for language, said in question.text.items():
        words = [option.text.get(language, "") for option in question.options]
        longest = len(said) + sum(len(f"\n00 {text}") for text in words)
        if longest > LONGEST:
            message = f"with the question {longest} characters long; at most {LONGEST} are sent"
            yield f"text.{language}", message
        if all(words):
            for index, why in _misread(words, language):
                yield f"options.{index}.text.{language}", why


def unsuited(flow: Flow, survey: Survey) -> Iterator[tuple[int, str]]:
    """Steps of a plan, by number, on a channel that cannot offer so many options."""
    choices = [one for one in survey.questions if one.kind is QuestionKind.CHOICE]
    for number, step in enumerate(flow.plan):
        most, why = MOST_OPTIONS.get(step.channel, (0, ""))
        for question in choices if most else ():
            if len(question.options) > most:
                yield (
                    number,
                    f"the question {question.id} has {len(question.options)} options, and on"
                    f" {step.channel} at most {most} can be told: {why}",
                )


def _misread(words: list[str], language: str) -> Iterator[tuple[int, str]]:
    """Options that are written as they stand must be read as what they are."""
    for index, text in enumerate(words):
        opts_out = read_opt_out(text, [language]).wish is Wish.SURE
        if opts_out or read_keyword(text, language, question_open=True) is not None:
            yield index, "whoever writes it would opt out, or ask for help"
            continue
        read = read_choice(text, words, language=language)
        if read is None:
            yield index, "cannot be told from the others when it is written"
    for index in range(len(words)):
        read = read_choice(str(index + 1), words, language=language)
        if read is None or read.value != index + 1:
            yield index, f"{index + 1} is its number, and is read as another option"
