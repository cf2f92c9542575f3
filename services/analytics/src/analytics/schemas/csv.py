"""Figures and rows as CSV: the same filters, the same numbers as the JSON answers.

Cells that a spreadsheet would run as a formula get a quote before them. Times are ISO 8601 with
their offset; which zone the days are of stands in the column's name.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analytics.schemas.figures import FunnelBody, ResponseRatesBody, ScoreBody
from analytics.schemas.resolution import ResolutionBody
from analytics.schemas.rows import CallBody, ResponseBody

BOM = "\ufeff"
TOTAL = "(total)"  # the group of the sum over all
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SCORE = ("survey", "question", "metric", "scale", "n", "value", "low", "high", "mean", "formula")
_COMPARED = ("before_n", "before_value", "change", "change_low", "change_high", "verdict")
_WEIGHTED = ("value", "low", "high", "n_eff", "method", "differs")
_COUNTS = (
    "calls", "asked", "sent", "delivered", "started", "answered", "finished", "failed",
    "unknown", "cancelled", "opted_out",
)  # fmt: skip
_RATES = ("response_rate_delivered", "response_rate_sent", "do_not_survey_rate")
_RATE = ("rate", "formula", "base", "numerator", "denominator", "value", "low", "high")
_CLASSES = (
    "complete", "partial", "refused", "silent", "unknown", "ineligible", "eligible_share",
)  # fmt: skip
_RESOLUTION = (
    "n", "value", "low", "high", "resolved", "called_again", "pending", "unknown_callers",
)  # fmt: skip
_CALL = (
    "interaction_id", "ended_at", "source", "call_id", "contact_id", "address", "kind", "ending",
    "direction", "queue", "agent", "agent_name", "team", "number", "site", "region",
    "disposition", "talk_seconds", "wait_seconds", "hold_seconds", "transfers", "asked", "reason",
    "decided_at", "flow_id", "survey", "metric", "channel", "invitation_id", "score",
    "answered_at",
)  # fmt: skip
_RESPONSE = (*_CALL, "response_id", "state", "language", "started_at", "comment", "changed_at")


def scores(groups: Iterable[tuple[str, str | None, Sequence[ScoreBody]]]) -> Iterator[list[Any]]:
    """A row per group and score."""
    yield ["group", "name", *_SCORE, *_COMPARED, *(f"weighted_{name}" for name in _WEIGHTED)]
    for group, name, found in groups:
        for one in found:
            yield [group, name, *_score(one), *(getattr(one.weighted, n, None) for n in _WEIGHTED)]


Points = Sequence[tuple[str, Any, Any, Sequence[ScoreBody]]]  # label, start, end, scores


def trend(groups: Iterable[tuple[str, str | None, Points]], *, by: bool) -> Iterator[list[Any]]:
    """A row per period and score, and with `by` per group."""
    yield [*(("group", "name") if by else ()), "label", "start", "end", *_SCORE]
    for group, name, points in groups:
        for label, start, end, found in points:
            for one in found:
                shown = [label, start, end, *_score(one)[: len(_SCORE)]]
                yield [group, name, *shown] if by else shown


def _score(one: ScoreBody) -> list[Any]:
    shown = [getattr(one, name) for name in _SCORE]
    shown[3] = f"{one.scale[0]} to {one.scale[1]}"
    before, change = one.before, one.change
    shown += [before.n if before else None, before.value if before else None]
    if change is None:
        return [*shown, None, None, None, None]
    return [*shown, change.value, change.low, change.high, change.verdict]


def funnel(
    groups: Iterable[tuple[str, str | None, FunnelBody]], reasons: Sequence[str]
) -> Iterator[list[Any]]:
    """A row per group; a column per reason not to ask."""
    rates = [f"{name}{part}" for name in _RATES for part in ("", "_low", "_high")]
    yield ["group", "name", *_COUNTS, *rates, *(f"not_asked_{one}" for one in reasons)]
    for group, name, one in groups:
        found: list[Any] = [group, name, *(getattr(one, count) for count in _COUNTS)]
        for rate in _RATES:
            body = getattr(one, rate)
            found += [body.value, body.low, body.high]
        yield [*found, *(one.not_asked.get(reason, 0) for reason in reasons)]


def response_rates(
    groups: Iterable[tuple[str, str | None, ResponseRatesBody]],
) -> Iterator[list[Any]]:
    """A row per group and rate, each with the classes that it is made of."""
    yield ["group", "name", *_RATE, *_CLASSES]
    for group, name, found in groups:
        for one in (*found.rates, found.opt_out_rate):
            shown = [one.name, *(getattr(one, column) for column in _RATE[1:])]
            yield [group, name, *shown, *(getattr(found, column) for column in _CLASSES)]


def resolution(
    groups: Iterable[tuple[str, str | None, ResolutionBody]],
) -> Iterator[list[Any]]:
    """A row per group."""
    yield ["group", "name", *_RESOLUTION]
    for group, name, one in groups:
        yield [group, name, *(getattr(one, column) for column in _RESOLUTION)]


def head(zone: str, *, answered: bool) -> list[str]:
    return [f"day ({zone})", *(_RESPONSE if answered else _CALL)]


def row(body: CallBody | ResponseBody) -> list[Any]:
    names = _RESPONSE if isinstance(body, ResponseBody) else _CALL
    return [body.day, *(getattr(body, name) for name in names)]


def lines(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
