"""Studies of answers: what is asked, and what a list of answered calls says about it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log1p
from zoneinfo import ZoneInfo

from analytics.domain.drivers import Drivers, drivers
from analytics.domain.entries import Entry
from common.events.values import Metric
from common.scores import NPS_SCALE, top_values

MOST = 20_000  # answered calls, the newest
COMMON = 0.05  # of calls a queue has for a column of its own
QUEUES = 6
HOURS = {"morning": range(5, 12), "evening": range(17, 24), "night": range(5)}


class Study(StrEnum):
    DRIVERS = "drivers"
    RANKING = "ranking"


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answered:
    """A call, its score by the first question, and that question's scale."""

    entry: Entry
    score: int
    scale: tuple[int, int]


def answered(entries: Iterable[Entry], metric: Metric) -> list[Answered]:
    """On the scale that most of them have: scores of two scales are no one score."""
    found: list[Answered] = []
    for entry in entries:
        first = [one for one in entry.reply.answers if one.first] if entry.reply else []
        if first and first[0].metric is metric and first[0].value is not None:
            found.append(Answered(entry, first[0].value, (first[0].low, first[0].high)))
    scales = Counter(one.scale for one in found)
    most = min(scales, key=lambda scale: (-scales[scale], scale)) if scales else (0, 0)
    return [one for one in found if one.scale == most]


def is_good(metric: Metric, one: Answered) -> bool:
    low, high = one.scale
    if metric is Metric.NPS and one.scale == NPS_SCALE:
        return one.score >= 9
    return one.score > high - top_values(metric, low, high)


def drivers_of(
    calls: Sequence[Answered], metric: Metric, progress: Callable[[float], None]
) -> Drivers:
    """Raises `TooFew`."""
    whole = [one for one in calls if _is_whole(one.entry.values)]
    return drivers(
        inputs(whole),
        [float(one.score) for one in whole],
        [is_good(metric, one) for one in whole],
        progress=progress,
    )


def _is_whole(values: Mapping[str, object]) -> bool:
    return values["talk_seconds"] is not None and values["wait_seconds"] is not None


def inputs(calls: Sequence[Answered]) -> dict[str, list[float]]:
    """Name -> a number of each call. Of queues, channels and hours the most common is left out,

    for it is what the others are compared with.
    """
    rows = [one.entry.values for one in calls]
    found = {
        "wait": [log1p(row["wait_seconds"]) for row in rows],
        "talk": [log1p(row["talk_seconds"]) for row in rows],
        "hold": [float((row["hold_seconds"] or 0) > 0) for row in rows],
        "transfers": [float(row["transfers"] or 0) for row in rows],
    }
    for name in ("queue", "channel"):
        values = [str(row[name]) for row in rows]
        counts = Counter(values).most_common(QUEUES + 1)
        for value, count in counts[1:]:
            if count >= COMMON * len(rows):
                found[f"{name}: {value or '(none)'}"] = [float(one == value) for one in values]
    zones = {str(row["zone"]): ZoneInfo(str(row["zone"])) for row in rows}
    hours = [row["ended_at"].astimezone(zones[str(row["zone"])]).hour for row in rows]
    for name, band in HOURS.items():
        found[f"hour: {name}"] = [float(hour in band) for hour in hours]
    return found
