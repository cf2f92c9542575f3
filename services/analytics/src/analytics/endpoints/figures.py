"""REST: figures with their n, interval and denominators."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from analytics.domain.figures import Line, Per, Row, scores, secrets, total
from analytics.domain.selection import DateOf, Selection, before, end_of, label
from analytics.schemas.figures import (
    FunnelBody,
    FunnelGroupBody,
    FunnelsBody,
    PointBody,
    RatesBody,
    RatesGroupBody,
    ResponseRatesBody,
    ScoreBody,
    ScoreGroupBody,
    ScoresBody,
    TrendBody,
)
from analytics.schemas.filters import (
    Filter,
    FunnelFilter,
    GroupedScoresFilter,
    TrendFilter,
)
from analytics.service import Reports
from analytics.service.reports import Figures
from common.errors import BadInput
from common.process.access import Caller, caller
from common.process.service import part

router = APIRouter(prefix="/v1", tags=["analytics"])
Read = Annotated[Caller, Depends(caller("read"))]
Parts = Annotated[Reports, Depends(part(Reports))]


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter as it was understood, for this key."""

    selection: Selection
    zone: str
    sees_all: bool

    @property
    def range(self) -> dict[str, Any]:
        chosen = self.selection
        return {
            "workspace": chosen.workspace,
            "first": chosen.first,
            "last": chosen.last,
            "zone": self.zone,
            "date_of": chosen.date_of,
            "credit": chosen.credit,
        }


async def understood(reports: Reports, who: Caller, wanted: Filter) -> Asked:
    """Raises `BadInput` or `Problem` naming the parameter."""
    workspace = who.workspace_or(wanted.workspace)
    zone = await reports.zone(workspace)
    if zone is None:
        raise BadInput.at("query.workspace", "no such workspace")
    selection = wanted.selection(workspace, reports.today(zone))
    return Asked(selection, zone, "admin" in who.scopes)


def _funnel(rows: Sequence[Row], selection: Selection) -> FunnelBody | None:
    """Who was asked in a range of answers' dates would be another set of calls."""
    return None if selection.date_of is DateOf.ANSWER else FunnelBody.of(total(rows))


def _scores(
    rows: Sequence[Row],
    per: Per,
    *,
    secret: Collection[Line] = (),
    before: Sequence[Row] = (),
    chosen: bool,
) -> list[ScoreBody]:
    """`chosen`: by their scores."""
    earlier = {one.line: one for one in scores(before, per, chosen=chosen)}
    return [
        ScoreBody.of(
            one,
            suppressed=one.line in secret,
            before=earlier.get(one.line),
            chosen=chosen and one.first,
        )
        for one in scores(rows, per, chosen=chosen)
    ]


@router.get("/scores")
async def read_scores(
    who: Read, reports: Parts, wanted: Annotated[GroupedScoresFilter, Query()]
) -> ScoresBody:
    """NPS, CSAT and CES, in total or by group, with the funnel they come from.

    One score per question of a survey and scale it was asked on; with `per=metric` one per metric
    and scale, over the first questions of all surveys. The funnel is that of the calls, whichever
    question. Scores of groups with fewer than five answers are for keys with the scope `admin`.
    """
    asked = await understood(reports, who, wanted)
    figures = await reports.figures(asked.selection, scores=True)
    groups = figures.groups() if wanted.by else {}
    earlier = await _earlier(reports, asked, wanted)
    groups_before = earlier.groups() if earlier and wanted.by else {}
    secret = _secrets(groups, wanted.per, asked)
    secret_before = _secrets(groups_before, wanted.per, asked)
    return ScoresBody(
        **asked.range,
        **_range_before(asked, wanted),
        per=wanted.per,
        by=wanted.by,
        scores=_scores(
            figures.whole,
            wanted.per,
            before=earlier.whole if earlier else (),
            chosen=wanted.score is not None,
        ),
        funnel=_funnel(figures.whole, asked.selection),
        groups=[
            ScoreGroupBody(
                value=value,
                name=figures.names.get(value),
                scores=_scores(
                    rows,
                    wanted.per,
                    secret=secret[value] | secret_before.get(value, set()),
                    before=groups_before.get(value, ()),
                    chosen=wanted.score is not None,
                ),
                funnel=_funnel(rows, asked.selection),
            )
            for value, rows in groups.items()
        ],
    )


async def _earlier(reports: Reports, asked: Asked, wanted: GroupedScoresFilter) -> Figures | None:
    if wanted.compare is None:
        return None
    return await reports.figures(before(asked.selection, wanted.compare), scores=True)


def _range_before(asked: Asked, wanted: GroupedScoresFilter) -> dict[str, Any]:
    if wanted.compare is None:
        return {}
    compared = before(asked.selection, wanted.compare)
    return {"before_from": compared.first, "before_to": compared.last}


def _secrets(groups: Mapping[str, Sequence[Row]], per: Per, asked: Asked) -> dict[str, set[Line]]:
    """Group -> which of its scores this key may not see."""
    found = secrets({value: scores(rows, per) for value, rows in groups.items()})
    return {value: set() for value in found} if asked.sees_all else found


@router.get("/trend")
async def read_trend(
    who: Read, reports: Parts, wanted: Annotated[TrendFilter, Query()]
) -> TrendBody:
    """Scores by day, ISO week or month. A period without answers is there, with no value."""
    asked = await understood(reports, who, wanted)
    figures = await reports.figures(asked.selection, wanted.period, scores=True)
    points = figures.points(asked.selection, wanted.period)
    return TrendBody(
        **asked.range,
        per=wanted.per,
        period=wanted.period,
        points=[
            PointBody(
                label=label(start, wanted.period),
                start=start,
                end=end_of(start, wanted.period),
                scores=_scores(rows, wanted.per, chosen=wanted.score is not None),
                funnel=_funnel(rows, asked.selection),
            )
            for start, rows in points.items()
        ],
    )


@router.get("/funnel")
async def read_funnel(
    who: Read, reports: Parts, wanted: Annotated[FunnelFilter, Query()]
) -> FunnelsBody:
    """Calls, asked, not asked by reason, sent, delivered, answered, and the response rates."""
    asked = await understood(reports, who, wanted)
    figures = await reports.figures(asked.selection)
    groups = figures.groups() if wanted.by else {}
    return FunnelsBody(
        **asked.range,
        by=wanted.by,
        funnel=FunnelBody.of(total(figures.whole)),
        groups=[
            FunnelGroupBody(
                value=value, name=figures.names.get(value), funnel=FunnelBody.of(total(rows))
            )
            for value, rows in groups.items()
        ],
    )


@router.get("/response-rates")
async def read_response_rates(
    who: Read, reports: Parts, wanted: Annotated[FunnelFilter, Query()]
) -> RatesBody:
    """RR1 to RR6 of the AAPOR Standard Definitions with their denominators, and opt-outs."""
    asked = await understood(reports, who, wanted)
    figures = await reports.figures(asked.selection)
    groups = figures.groups() if wanted.by else {}
    return RatesBody(
        **asked.range,
        by=wanted.by,
        response_rates=ResponseRatesBody.of(total(figures.whole)),
        groups=[
            RatesGroupBody(
                value=value,
                name=figures.names.get(value),
                response_rates=ResponseRatesBody.of(total(rows)),
            )
            for value, rows in groups.items()
        ],
    )
