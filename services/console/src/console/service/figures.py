"""What the pages of figures show, asked of the APIs side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.domain.filters import DAYS, Pairs
from console.service.apis import Answer, Apis

FACETS = ("queue", "team", "agent", "number", "channel")
ENDS: Mapping[str, tuple[float, float]] = {"nps": (-100, 100), "csat": (0, 100), "mood": (0, 100)}
LOWEST = 5  # newest low ratings on the overview
Choices = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`scores` and `trend` are per metric; the funnel is in `scores`."""

    scores: Answer
    trend: Answer
    responses: Answer
    choices: Choices


async def overview(apis: Apis, chosen: Pairs, *, compare: str) -> Overview:
    plain = [pair for pair in chosen if pair[0] != "score"]
    more = [("compare", compare)] if compare != "off" else []
    facets, (scores, trend, responses) = (
        await choices(apis, chosen),
        await apis.all(
            ("scores", [*plain, ("per", "metric"), *more]),
            ("trend", [*plain, ("per", "metric"), ("period", "week")]),
            ("responses", [*_rows(chosen), ("limit", str(LOWEST))]),
        ),
    )
    return Overview(scores=scores, trend=trend, responses=responses, choices=facets)


async def trends(
    apis: Apis, chosen: Pairs, *, period: str, compare: str
) -> tuple[Answer, Answer | None]:
    """The trend, and that of the days before, if they are compared."""
    plain = [*(pair for pair in chosen if pair[0] != "score"), ("per", "metric")]
    now = await apis.get("trend", [*plain, ("period", period)])
    if compare == "off" or not now.ok:
        return now, None
    days = await apis.get("scores", [*plain, ("compare", compare)])
    if not days.ok or not days.body["before_from"]:
        return now, None
    spans = [("from", days.body["before_from"]), ("to", days.body["before_to"])]
    rest = [pair for pair in plain if pair[0] not in DAYS]
    return now, await apis.get("trend", [*rest, *spans, ("period", period)])


async def groups(apis: Apis, chosen: Pairs, *, by: str, compare: str) -> Answer:
    plain = [pair for pair in chosen if pair[0] != "score"]
    more = [("compare", compare)] if compare != "off" else []
    return await apis.get("scores", [*plain, ("per", "metric"), ("by", by), *more])


async def rows(apis: Apis, what: str, chosen: Pairs, *, cursor: str) -> Answer:
    """`what`: calls or responses."""
    place = [("cursor", cursor)] if cursor else []
    return await apis.get(what, [*_rows(chosen), ("limit", "50"), *place])


def _rows(chosen: Pairs) -> list[tuple[str, str]]:
    return [pair for pair in chosen if pair[0] not in ("question", "per")]


async def choices(apis: Apis, chosen: Pairs) -> Choices:
    """What there is to filter by in these days: dimension -> (value, what it is called)."""
    days = [pair for pair in chosen if pair[0] in DAYS]
    answers = await apis.all(*(("funnel", [*days, ("by", one)]) for one in FACETS))
    return {
        name: [(g["value"], g["name"] or g["value"] or "(none)") for g in answer.body["groups"]]
        for name, answer in zip(FACETS, answers, strict=True)
        if answer.ok
    }


def same_line(score: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]) -> Any:
    """The one of another body that was measured by the same; None where there is none."""
    keys = ("survey", "question", "metric", "scale")
    return next((one for one in scores if all(one[key] == score[key] for key in keys)), None)


def ends_of(score: Mapping[str, Any]) -> tuple[float, float]:
    """Between what the figure lies: points, percent, or its scale."""
    low, high = score["scale"]
    return ENDS.get(score["metric"] or "", (float(low), float(high)))
