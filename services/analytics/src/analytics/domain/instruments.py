"""What a value is measured by: figures are keyed by it, so that no two scales are ever mixed."""

from collections.abc import Sized
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

import msgspec

from analytics.domain.facts import Reply

WIDEST = 40  # values of a scale, or options of a choice
_FURTHEST = 1_000  # an end of a scale lies within this
_LONGEST = 200  # characters of an id
_LONGEST_METRIC = 1_000  # characters: part of a key
CHOICE = "choice:"


class Instrument(NamedTuple):
    """Metric and scale of one question of a survey, as the answer itself said it.

    Versions of a survey that leave both alone have one instrument. `metric` is "" where a question
    has none; a choice is measured by its options (`CHOICE` and their ids, sorted), and a value is
    the place of one, whatever the order in which they were offered. `first`: its value is the
    response's score.
    """

    survey: str
    question: str
    metric: str
    low: int
    high: int
    first: bool

    @property
    def options(self) -> tuple[str, ...] | None:
        """Of a choice, by value from `low` on."""
        return options_of(self.metric)

    @property
    def width(self) -> int:
        return self.high - self.low + 1


class Given(NamedTuple):
    """One answer that is counted."""

    instrument: Instrument
    value: int

    @property
    def place(self) -> int:
        """From 0, within the counts of its instrument."""
        return self.value - self.instrument.low


def given(reply: Reply) -> tuple[Given, ...]:
    """Every rating and choice of the reply, one per question; what is off its scale is left out."""
    found: dict[str, Given] = {}
    for answer in reply.answers:
        if answer.value is not None and (one := _given(reply.survey, *_measure(answer))):
            found[answer.question_id] = one
    return tuple(found.values())


def uncounted(reply: Reply, counted: Sized) -> int:
    """How many values `given` left out, because they cannot be on their scale."""
    return sum(answer.value is not None for answer in reply.answers) - len(counted)


_measure = attrgetter("question_id", "metric", "low", "high", "first", "value", "option", "options")


def options_of(metric: str) -> tuple[str, ...] | None:
    """None: it is the metric of no choice."""
    if not metric.startswith(CHOICE):
        return None
    return tuple(metric.removeprefix(CHOICE).split(","))


@lru_cache(10_000)
def _given(
    survey: str,
    question: str,
    metric: str | None,
    low: int,
    high: int,
    first: bool,
    value: int,
    option: str | None,
    options: tuple[str, ...],
) -> Given | None:
    if option is not None and option in options:
        known = sorted(set(options))
        low, high, value = 1, len(known), known.index(option) + 1
        metric = CHOICE + ",".join(known)
    on_scale = -_FURTHEST <= low <= value <= high <= _FURTHEST and high - low < WIDEST
    if not on_scale or len(question) > _LONGEST or len(metric or "") > _LONGEST_METRIC:
        return None
    return Given(Instrument(survey, question, str(metric or ""), low, high, first), value)


@lru_cache(10_000)
def codes(answers: tuple[Given, ...]) -> tuple[str, ...]:
    """In order, so that the same answers are the same value."""
    return tuple(sorted(map(code, answers)))


@lru_cache(10_000)
def code(one: Given) -> str:
    """As one text, for a column in which equal answers are to be counted."""
    return msgspec.json.encode([*one.instrument, one.value]).decode()


@lru_cache(10_000)
def decoded(text: str) -> Given:
    """Of `code`."""
    parts = msgspec.json.decode(text, type=tuple[str, str, str, int, int, bool, int])
    return Given(Instrument._make(parts[:-1]), parts[-1])
