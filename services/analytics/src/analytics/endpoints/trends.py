"""REST: scores over time, in total and a line for each group."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query

from analytics.domain.figures import Line
from analytics.domain.selection import end_of, label
from analytics.endpoints.figures import (
    Asked,
    Parts,
    ReadOwn,
    funnel_of,
    score_bodies,
    understood,
)
from analytics.schemas.figures import PointBody, TrendBody, TrendGroupBody
from analytics.schemas.filters import TrendFilter
from analytics.service import Reports
from analytics.service.discretion import NOTHING, Kept, kept
from analytics.service.reports import Figures
from analytics.service.trends import Trend, kept_of_groups, read

router = APIRouter(prefix="/v1", tags=["analytics"])


@router.get("/trend")
async def read_trend(
    who: ReadOwn, reports: Parts, wanted: Annotated[TrendFilter, Query()]
) -> TrendBody:
    """Scores by day, ISO week or month. A period without answers is there, with no value.

    With `by` also a line for each group, of those with the most answers; a score in it is the one
    that `GET /v1/scores` tells for the group and the days of the period.
    """
    asked = await understood(reports, who, wanted)
    trend = await read(reports, asked.selection, wanted.period)
    secret, of_groups = await _kept(reports, asked, wanted, trend)
    return TrendBody(
        **asked.range,
        per=wanted.per,
        period=wanted.period,
        by=wanted.by,
        points=_points(asked, wanted, trend.whole, secret.cells),
        groups=[
            TrendGroupBody(
                value=value,
                name=trend.names.get(value),
                points=_points(asked, wanted, of_group, of_groups.get(value, {})),
            )
            for value, of_group in trend.groups.items()
        ],
        groups_left_out=trend.left_out,
    )


async def _kept(
    reports: Reports, asked: Asked, wanted: TrendFilter, trend: Trend
) -> tuple[Kept, Mapping[str, Mapping[str, Collection[Line]]]]:
    """What the caller may not see: of the total, and of each group."""
    if asked.sees_all:
        return NOTHING, {}
    alone = replace(asked.selection, by=None)
    secret = await kept(reports, alone, wanted.per, trend.whole, period=wanted.period)
    if asked.selection.by is None:
        return secret, {}
    selection = asked.selection
    return secret, await kept_of_groups(reports, selection, wanted.per, trend, wanted.period)


def _points(
    asked: Asked,
    wanted: TrendFilter,
    figures: Figures,
    secret: Mapping[str, Collection[Line]],
) -> list[PointBody]:
    return [
        PointBody(
            label=label(start, wanted.period),
            start=start,
            end=end_of(start, wanted.period),
            scores=score_bodies(
                rows,
                wanted.per,
                secret=secret.get(start.isoformat(), ()),
                chosen=wanted.score is not None,
            ),
            funnel=funnel_of(rows, asked.selection),
        )
        for start, rows in figures.points(asked.selection, wanted.period).items()
    ]
