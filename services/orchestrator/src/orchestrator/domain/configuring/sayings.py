"""Everything that people may read of a survey by text, as it is written and as it is read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from itertools import product

from common import dialogue
from common.config.links import PREFIX
from common.dialogue import Said
from common.events.questionnaire import Band, Question, QuestionKind, Questionnaire
from common.render import render, variables_of

BANDS = (Band.HIGH, Band.MIDDLE, Band.LOW)
KNOWN = {"name": "Noor", "agent": "Asha", "queue": "Billing"}
Known = Mapping[str, str]


class When(Enum):
    """Before anything was answered; in the dialogue; after a telephone call; to a keyword."""

    FIRST = auto()
    ASKED = auto()
    CALLED = auto()
    KEYWORD = auto()


@dataclass(frozen=True, slots=True)
class Saying:
    """`path` in its survey. `written`: with its variables; `told`: what else it depends on, so two

    of which both are the same are read the same. `read` it with what is known.
    """

    path: str
    when: When
    written: str
    told: tuple[object, ...]
    read: Callable[[Known], str]

    def readings(self, links: Known) -> Iterator[str]:
        """All told, then each way in which sources leave something out that it names."""
        named = [name for name in KNOWN if name in variables_of(self.written)]
        for given in product((True, False), repeat=len(named)):
            names = zip(named, given, strict=True)
            told = {name: KNOWN[name] if known else "" for name, known in names}
            yield self.read({**links, **told})


def sayings(asked: Questionnaire) -> Iterator[Saying]:
    """Of a survey in one language, as texts say it."""
    yield from _asking(asked)
    yield from _following(asked)
    for name in ("stopped", "started", "help"):
        written = getattr(asked.texts, name)
        path = f"texts.{asked.language}.{name}"
        yield Saying(path, When.KEYWORD, written, (), partial(_notice, asked, written))
    for band in BANDS:
        written = dialogue.closing(asked, band)
        if any(name.startswith(PREFIX) for name in variables_of(written)):
            read = partial(dialogue.note_text, asked, band)
            yield _introduced(_thanks(asked, band), When.CALLED, asked, written, read)


def _notice(asked: Questionnaire, written: str, _: Known) -> str:
    return render(written, {"brand": asked.brand})


def _introduced(
    path: str, when: When, asked: Questionnaire, text: str, read: Callable[[Known], str]
) -> Saying:
    """What may be the first that somebody reads of us."""
    first = asked.questions[0]
    told = ("introduced", asked.language, first.low, first.high)
    return Saying(path, when, f"{text}\n{asked.texts.opt_out}", told, read)


def _asking(asked: Questionnaire) -> Iterator[Saying]:
    text = asked.questions[0].text
    first = f"questions.0.text.{asked.language}"
    read = partial(dialogue.opening_text, asked)
    yield _introduced(first, When.FIRST, asked, text, read)
    if asked.texts.reminder:
        path = f"texts.{asked.language}.reminder"
        read = partial(dialogue.reminder_text, asked)
        yield _introduced(path, When.FIRST, asked, asked.texts.reminder, read)


def _following(asked: Questionnaire) -> Iterator[Saying]:
    texts, of = asked.texts, f"texts.{asked.language}"

    def spoken(path: str, text: str, question: Question | None = None, **told: str) -> Saying:
        output = dialogue.say(asked, Said.QUESTION, text, question=question, told=told)
        listed = dialogue.listed(output)

        def read(known: Known) -> str:
            return dialogue.spoken(asked, output, known) + listed

        depends = tuple(sorted(output.variables.items()))
        return Saying(path, When.ASKED, f"{text}{listed}", (depends, listed), read)

    changed = {"corrected": texts.corrected}
    for index, question in enumerate(asked.questions):
        path = f"questions.{index}.text.{asked.language}"
        if index:
            yield spoken(path, question.text, question, score="5")
        if question.is_counted:
            yield spoken(f"{of}.invalid", texts.invalid, question)
        for option in question.options:
            changed["rechosen"] = texts.rechosen
            yield spoken(f"{of}.rechosen", texts.rechosen, answer=option.text)
        if question.only or question.chosen:  # a correction may open it
            for name, text in changed.items():
                answer = "5" if name == "corrected" else _an_option(asked)
                both = f"{text} {question.text}"
                yield spoken(f"{of}.{name}", both, question, score="5", answer=answer)
    yield spoken(f"{of}.corrected", texts.corrected, score="5")
    yield spoken(f"{of}.gave_up", texts.gave_up)
    yield spoken(f"{of}.closed", texts.closed)
    for band in BANDS:
        yield spoken(_thanks(asked, band), dialogue.closing(asked, band), score="5")


def _an_option(asked: Questionnaire) -> str:
    choices = [one for one in asked.questions if one.kind is QuestionKind.CHOICE]
    return choices[0].options[0].text if choices else ""


def _thanks(asked: Questionnaire, band: Band) -> str:
    own = band in asked.texts.thanks
    return f"texts.{asked.language}.{f'thanks.{band.value}' if own else 'thank_you'}"
