"""What the pages of figures show, asked of the APIs side by side."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.domain.filters import DAYS, Pairs
from console.service.apis import Answer, Apis

FACETS = ("queue", "team", "agent", "number", "channel")
ENDS: Mapping[str, tuple[float, float]] = {"nps": (-100, 100), "csat": (0, 100), "mood": (0, 100)}
NEWEST = 5  # responses on the overview
MOST_CHOICES = 300  # of a dimension; what is chosen is always among them
# What figures and rows take of a page's own choices, and what of the filter they do not.
KINDS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "scores": (("by", "compare"), ()),
    "trend": (("period", "by"), ()),
    "funnel": (("by",), ("question",)),
    "resolution": (("by",), ("question",)),
    "response-rates": (("by",), ("question",)),
    "responses": (("sort", "text"), ("question",)),
    "calls": (("sort",), ("question",)),
    "all": (("by", "compare", "period"), ()),  # of these in one zip
}
Choices = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """`scores` and `trend` are per metric; the funnel is in `scores`."""

    scores: Answer
    trend: Answer
    responses: Answer
    resolution: Answer
    choices: Choices
    options: Sequence[Any]  # of questions, how often each was chosen


def query(what: str, chosen: Pairs, **own: str) -> list[tuple[str, str]]:
    """Of a page and of its file alike: the filter, and what the page chose beside it.

    What the API of `what` does not take is left out; `own` are `by`, `period`, ...
    """
    takes, leaves = KINDS[what]
    per = [("per", "metric")] if what in ("scores", "trend", "all") else []
    more = [(name, own[name]) for name in takes if own.get(name, "off") not in ("", "off")]
    return [*(pair for pair in chosen if pair[0] not in leaves), *per, *more]


async def overview(apis: Apis, chosen: Pairs, *, compare: str) -> Overview:
    by_question = [pair for pair in query("scores", chosen) if pair[0] != "per"]
    (scores, questions, trend, responses, resolution), facets = await asyncio.gather(
        apis.all(
            ("scores", query("scores", chosen, compare=compare)),
            ("scores", by_question),
            ("trend", query("trend", chosen, period="week")),
            ("responses", [*query("responses", chosen), ("limit", str(NEWEST))]),
            ("resolution", query("resolution", chosen)),
        ),
        choices(apis, chosen),
    )
    told = questions.body["scores"] if questions.ok else ()
    return Overview(
        scores=scores,
        trend=trend,
        responses=responses,
        resolution=resolution,
        choices=facets,
        options=[one for one in told if one.get("options")],
    )


async def trends(
    apis: Apis, chosen: Pairs, *, period: str, by: str, compare: str
) -> tuple[Answer, Answer | None]:
    """The trend with a line for each group, and that of the days before, if they are compared."""
    now = await apis.get("trend", query("trend", chosen, period=period, by=by))
    if compare == "off" or not now.ok:
        return now, None
    days = await apis.get("scores", query("scores", chosen, compare=compare))
    if not days.ok or not days.body["before_from"]:
        return now, None
    spans = [("from", days.body["before_from"]), ("to", days.body["before_to"])]
    rest = [pair for pair in chosen if pair[0] not in DAYS]
    return now, await apis.get("trend", query("trend", [*rest, *spans], period=period))


async def groups(apis: Apis, chosen: Pairs, *, by: str, compare: str) -> Answer:
    return await apis.get("scores", query("scores", chosen, by=by, compare=compare))


async def rates(apis: Apis, chosen: Pairs) -> Answer:
    return await apis.get("response-rates", query("response-rates", chosen))


async def rows(
    apis: Apis, what: str, chosen: Pairs, *, cursor: str, sort: str, text: str
) -> Answer:
    """`what`: calls or responses."""
    place = [("cursor", cursor)] if cursor else []
    wanted = query(what, chosen, sort=sort, text=text)
    return await apis.get(what, [*wanted, ("limit", "50"), *place])


async def choices(apis: Apis, chosen: Pairs) -> Choices:
    """What there is to filter by in these days: dimension -> (value, what it is called)."""
    days = [pair for pair in chosen if pair[0] in DAYS]
    answer = await apis.get("values", days)
    if not answer.ok:
        return {}
    return {
        name: [
            (one["value"], one["name"] or one["value"] or "(none)")
            for one in answer.body["values"][name][:MOST_CHOICES]
        ]
        for name in FACETS
    }


def same_line(score: Mapping[str, Any], scores: Sequence[Mapping[str, Any]]) -> Any:
    """The one of another body that was measured by the same; None where there is none."""
    keys = ("survey", "question", "metric", "scale")
    return next((one for one in scores if all(one[key] == score[key] for key in keys)), None)


def ends_of(score: Mapping[str, Any]) -> tuple[float, float]:
    """Between what the figure lies: points, percent, or its scale."""
    low, high = score["scale"]
    return ENDS.get(score["metric"] or "", (float(low), float(high)))
