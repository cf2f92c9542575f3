"""People with habits: what they write back to a text, decided by (seed, number) alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from sandbox.reading import WORDS, Scale, asks_for_words, scale_in


class Habit(StrEnum):
    ANSWERS = "answers"
    COMMENTS = "comments"  # answers, and says why when asked
    IGNORES = "ignores"
    NONSENSE_FIRST = "nonsense_first"
    NONSENSE_ONLY = "nonsense_only"
    CORRECTS = "corrects"  # a second number, the one they meant
    STOPS = "stops"
    STOPS_LATER = "stops_later"  # answers first
    LATE = "late"
    QUICK = "quick"  # rating and remark in two texts at once
    TWICE = "twice"  # the same text two times


HABITS: Mapping[Habit, float] = {
    Habit.ANSWERS: 34,
    Habit.COMMENTS: 16,
    Habit.IGNORES: 25,
    Habit.NONSENSE_FIRST: 5,
    Habit.NONSENSE_ONLY: 3,
    Habit.CORRECTS: 5,
    Habit.STOPS: 3,
    Habit.STOPS_LATER: 2,
    Habit.LATE: 3,
    Habit.QUICK: 3,
    Habit.TWICE: 1,
}
FORMS = ("{n}", "{n}", "{n}", "{n}/{high}", "{word}", "*{n}*", "{n} {remark}", "{Word}!", " {n}. ")
NONSENSE = ("banana", "who is this?", "???", "wrong person i think", "lol", "ok cool", "👍")
STOP_FORMS = ("STOP", "stop", " Stop ", "Unsubscribe")
REMARKS: Mapping[str, Sequence[str]] = {
    "low": ("nobody could help me", "waited far too long", "still not solved"),
    "middle": ("okay, nothing special", "fine but slow", "took a while"),
    "high": ("great service", "very friendly", "solved at once, thanks"),
}
MOST_NONSENSE = 5  # in one dialogue, whoever keeps asking


@dataclass(frozen=True, slots=True)
class Persona:
    number: str
    habit: Habit


@dataclass(frozen=True, slots=True)
class Talk:
    """One person's view of what is going on with one of our numbers."""

    asks: int = 0
    scale: Scale | None = None
    score: int | None = None
    commented: bool = False
    nonsense: int = 0
    unanswered: bool = False  # wrote something since the last text they got


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A text to write. `late`: after the survey has expired. `at_once`: without a pause."""

    body: str
    part: str  # score | correction | comment | nonsense | stop
    meant: int | None = None
    late: bool = False
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Mind:
    """What decides the details of one dialogue: draws that depend on (seed, number, ask)."""

    draw: Random
    quality: float  # 0 to 1, how the call went
    weights: Sequence[float] = ()  # of each score from low to high; empty: by quality

    def score(self, scale: Scale) -> int:
        steps = scale.high - scale.low
        if self.weights:
            return scale.low + self.draw.choices(range(steps + 1), self.weights)[0]
        mean = min(max(self.quality, 0.02), 0.98)
        return scale.low + round(steps * self.draw.betavariate(5 * mean, 5 * (1 - mean)))

    def wording(self, score: int, scale: Scale) -> str:
        """One of the ways in which people write a rating."""
        return self.draw.choice(FORMS).format(
            n=score,
            high=scale.high,
            word=WORDS[score],
            Word=WORDS[score].capitalize(),
            remark=self.remark(score, scale),
        )

    def remark(self, score: int, scale: Scale) -> str:
        share = (score - scale.low) / (scale.high - scale.low)
        band = "low" if share < 0.5 else "middle" if share < 0.8 else "high"
        return self.draw.choice(REMARKS[band])


def persona_of(number: str, seed: int, habits: Mapping[Habit, float] = HABITS) -> Persona:
    """Who has this number; the same for the same seed and habits."""
    draw = Random(f"{seed}/habit/{number}")  # noqa: S311
    return Persona(number, draw.choices(list(habits), list(habits.values()))[0])


def react(habit: Habit, talk: Talk, text: str, *, mind: Mind) -> tuple[Talk, tuple[Planned, ...]]:
    """What a person thinks and writes on reading a text from one of our numbers."""
    scale = scale_in(text)
    read = replace(talk, unanswered=False)
    if scale is None:
        if habit is not Habit.COMMENTS or talk.commented or not asks_for_words(text):
            return read, ()
        if talk.scale is None or talk.score is None:
            return read, ()
        remark = mind.remark(talk.score, talk.scale)
        return replace(read, commented=True), (Planned(body=remark, part="comment"),)
    again = talk.nonsense > 0 and talk.score is None and talk.unanswered
    if not again:
        read = Talk(asks=talk.asks + 1, scale=scale)
    planned = _first_words(habit, read, mind=mind)
    if planned is None:
        score = mind.score(scale)
        return replace(read, score=score), _rating(habit, score, scale, mind=mind)
    said_nonsense = any(plan.part == "nonsense" for plan in planned)
    return replace(read, nonsense=read.nonsense + said_nonsense), planned


def _first_words(habit: Habit, talk: Talk, *, mind: Mind) -> tuple[Planned, ...] | None:
    """What is written instead of a rating; None when a rating is."""
    match habit:
        case Habit.IGNORES:
            return ()
        case Habit.STOPS:
            return (Planned(body=mind.draw.choice(STOP_FORMS), part="stop"),)
        case Habit.NONSENSE_ONLY if talk.nonsense >= MOST_NONSENSE:
            return ()
        case Habit.NONSENSE_ONLY:
            return (Planned(body=mind.draw.choice(NONSENSE), part="nonsense"),)
        case Habit.NONSENSE_FIRST if talk.nonsense == 0:
            return (Planned(body=mind.draw.choice(NONSENSE), part="nonsense"),)
    return None


def _rating(habit: Habit, score: int, scale: Scale, *, mind: Mind) -> tuple[Planned, ...]:
    rating = Planned(body=mind.wording(score, scale), part="score", meant=score)
    match habit:
        case Habit.CORRECTS:
            wrong = score - 1 if score > scale.low else score + 1
            return (
                Planned(body=str(wrong), part="score", meant=wrong),
                Planned(body=str(score), part="correction", meant=score),
            )
        case Habit.LATE:
            return (replace(rating, late=True),)
        case Habit.STOPS_LATER:
            return (rating, Planned(body=mind.draw.choice(STOP_FORMS), part="stop"))
        case Habit.QUICK:
            remark = mind.remark(score, scale)
            return (rating, Planned(body=remark, part="comment", at_once=True))
        case Habit.TWICE:
            return (rating, rating)
    return (rating,)
