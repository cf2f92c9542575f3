"""Every text of a survey is held against what is registered in India, for so long and no longer.

Beyond `MOST_LOOKED` it is the sender that looks, when a text goes out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, product

from common import dialogue
from common.config import Number, Survey, TwilioSmsAccount, WorkspaceConfig
from common.config.freezing import freeze
from common.config.links import variable
from common.config.registered import MOST_STEPS as MOST_STEPS_OF_A_TEXT
from common.config.registered import Reading
from common.errors import FieldError
from common.events.questionnaire import Questionnaire
from common.events.values import Channel
from orchestrator.domain.configuring.places import Places
from orchestrator.domain.configuring.sayings import Saying, When, sayings

MOST_LOOKED = 200  # languages of a survey, each with each number that has words or links of its own
MOST_STEPS = 400_000  # to hold all texts against all templates: some 50 ms
QUOTED = 200  # characters
# What it takes, in steps: a text to be read, so many of its characters, a question of a version; a
# word in capitals, and one that may be STOP.
READ, CHARACTERS, FROZEN, WORD, STOP = 40, 10, 20, 80, 2_000
LINK = f"https://surveys.example.com/l/sms/{'x' * 16}"  # about as long as ours
TOO_MUCH = (
    "its texts in India are too many to be held against all templates before it is on:"
    " fewer languages, numbers with words of their own, or templates that begin alike"
)


@dataclass(frozen=True, slots=True)
class Under:
    """A header that a survey is asked under, and the `numbers` that it stands for."""

    account: TwilioSmsAccount
    header: str
    numbers: Sequence[str]
    asks: bool
    after_call: bool

    def says(self, saying: Saying) -> bool:
        if saying.when is When.CALLED:
            return self.after_call
        return self.asks and not (saying.when is When.KEYWORD and self.account.answers_stop)

    def wrong(self, saying: Saying, text: str, reading: Reading) -> Iterator[str]:
        quoted = text if len(text) <= QUOTED else f"{text[:QUOTED]}..."
        registered = self.account.dlt.registered if self.account.dlt else None
        if registered is None or registered.template_of(reading, self.header) is None:
            yield f"no template of {self.header} says: {quoted}"
        if saying.when is When.FIRST:
            digits = "".join(c for c in text if c.isdigit())
            for number in self.numbers:
                if number[-10:] not in digits:
                    way = f"say that answers go to {number}"
                    yield f"nobody can reply to {self.header}; {way}: {quoted}"


class _TooMuch(Exception):
    """More than `MOST_STEPS`."""


@dataclass(slots=True)
class Looking:
    """At all texts of a workspace and all templates; `left`: so many steps more."""

    config: WorkspaceConfig
    places: Places
    left: int = field(default_factory=lambda: MOST_STEPS)
    words: set[tuple[str, str]] = field(default_factory=set)  # by language

    def at(self, survey: Survey, headers: Iterator[Under]) -> Iterator[FieldError]:
        try:
            found: list[Under] = []
            for one in headers:
                self._take(1)
                found += [one] if one.asks or one.after_call else []
            if found:
                yield from self._at(survey, found)
        except _TooMuch:
            yield self.places.error("survey", survey.id, "", TOO_MUCH)

    def _at(self, survey: Survey, under: Sequence[Under]) -> Iterator[FieldError]:
        numbers = self.config.numbers.values()
        own: list[Number | None] = [n for n in numbers if n.has_words or n.links]
        versions = product([None, *own], survey.questions[0].text)
        known: set[tuple[object, ...]] = set()
        seen: set[tuple[str, When]] = set()
        for number, language in islice(versions, MOST_LOOKED):
            asked = self._frozen(survey, language, number)
            place = ("number", number.number) if number else ("survey", survey.id)
            links = self.config.links_of(number.number if number else None)
            told = {name: LINK for name in (*map(variable, links), dialogue.OPT_OUT_LINK)}
            for saying in sayings(asked):
                self._take(len(under))
                if (same := (saying.when, saying.written, saying.told, *told)) in known:
                    continue
                known.add(same)
                of_it = [one for one in under if one.says(saying)]
                for text in saying.readings(told) if of_it else ():
                    self._take(READ + len(text) // CHARACTERS)
                    if saying.when in (When.FIRST, When.CALLED):
                        self._take_words(text, asked.language)
                    if (text, saying.when) not in seen:
                        seen.add((text, saying.when))
                        where = _of_number(saying.path, asked) if number else saying.path
                        for message in self._wrong(of_it, saying, text):
                            yield self.places.error(*place, where, message)

    def _frozen(self, survey: Survey, language: str, number: Number | None) -> Questionnaire:
        self._take(sum(FROZEN * (1 + len(one.options)) for one in survey.questions))
        workspace = self.config.workspace
        asked = freeze(survey, workspace=workspace, language=language, number=number)
        return dialogue.on_channel(asked, Channel.SMS)

    def _wrong(self, under: Sequence[Under], saying: Saying, text: str) -> Iterator[str]:
        for one in under:
            reading = Reading(text, most=min(MOST_STEPS_OF_A_TEXT, self.left))
            found = list(one.wrong(saying, text, reading))
            self._take(reading.steps + len(one.numbers))
            yield from found

    def _take_words(self, text: str, language: str) -> None:
        """What is read first is looked at, whether it says how to opt out: in capitals."""
        words = {word for word in text.split() if word == word.upper()}
        new = [word for word in words if (word, language) not in self.words]
        self._take(len(text) // CHARACTERS + WORD * len(new))
        self.words |= {(word, language) for word in new}
        stops = dialogue.maybe_stops(" ".join(new), language)
        self._take(sum(STOP * (1 + len(word) // QUOTED) for word in stops))

    def _take(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise _TooMuch


def _of_number(path: str, asked: Questionnaire) -> str:
    """Where a number has its own words of a question: by its id."""
    section, _, rest = path.partition(".")
    if section != "questions":
        return path
    index, _, language = rest.split(".")
    return f"questions.{asked.questions[int(index)].id}.{language}"
