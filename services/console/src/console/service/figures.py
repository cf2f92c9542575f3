"""What the pages of figures show, asked of the APIs side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.domain.filters import Pairs
from console.service.apis import Answer, Apis

FACETS = ("queue", "team", "agent", "number", "channel")
ENDS: Mapping[str, tuple[float, float]] = {"nps": (-100, 100), "csat": (0, 100), "mood": (0, 100)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`scores` and `trend` are per metric."""

    scores: Answer
    trend: Answer


async def overview(apis: Apis, chosen: Pairs, *, compare: str, period: str) -> Overview:
    more = [("compare", compare)] if compare != "off" else []
    scores, trend = await apis.all(
        ("scores", [*chosen, ("per", "metric"), *more]),
        ("trend", [*chosen, ("per", "metric"), ("period", period)]),
    )
    return Overview(scores=scores, trend=trend)


async def choices(apis: Apis, chosen: Pairs) -> dict[str, list[tuple[str, str]]]:
    """What there is to filter by in these days: dimension -> (value, what it is called)."""
    days = [pair for pair in chosen if pair[0] in ("from", "to", "range")]
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
