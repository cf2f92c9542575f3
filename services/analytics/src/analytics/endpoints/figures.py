"""REST: figures with their n, interval and denominators."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from analytics.domain.figures import Line, Per, Row, scores, total
from analytics.domain.selection import DateOf, Selection, before
from analytics.domain.sight import within
from analytics.domain.weighting import MOST_CELLS, TooManyCells, Weighted
from analytics.schemas.figures import (
    FunnelBody,
    FunnelGroupBody,
    FunnelsBody,
    RatesBody,
    RatesGroupBody,
    ResponseRatesBody,
    ScoreBody,
    ScoreGroupBody,
    ScoresBody,
)
from analytics.schemas.filters import (
    Filter,
    FunnelFilter,
    GroupedScoresFilter,
)
from analytics.service import Reports, weighting
from analytics.service.discretion import NOTHING, Kept, kept
from analytics.service.reports import Figures
from common.errors import BadInput
from common.process.access import Caller, caller
from common.process.service import part

router = APIRouter(prefix="/v1", tags=["analytics"])
# Also of who sees some calls alone: what `understood` says holds for every one that uses it.
ReadOwn = Annotated[Caller, Depends(caller("read", own=True))]
NONE: Mapping[Line, Weighted] = {}
Parts = Annotated[Reports, Depends(part(Reports))]
_TOO_MANY_CELLS = (
    f"more than {MOST_CELLS:,} cells of channel, queue, disposition and survey:"
    " ask for fewer days, or choose queues or surveys"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter as it was understood, for this caller.

    `masks`: telephone numbers in what people wrote.
    """

    selection: Selection
    zone: str
    sees_all: bool
    masks: bool

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
    return Asked(
        selection=replace(selection, within=within(who.sight)),
        zone=zone,
        sees_all="admin" in who.scopes,
        masks=who.sight is not None,
    )


def funnel_of(rows: Sequence[Row], selection: Selection) -> FunnelBody | None:
    """Who was asked in a range of answers' dates would be another set of calls."""
    return None if selection.date_of is DateOf.ANSWER else FunnelBody.of(total(rows))


def score_bodies(
    rows: Sequence[Row],
    per: Per,
    *,
    secret: Collection[Line] = (),
    before: Sequence[Row] = (),
    secret_before: Collection[Line] = (),
    chosen: bool,
    weighed: Mapping[Line, Weighted] = NONE,
) -> list[ScoreBody]:
    """`chosen`: by their scores."""
    earlier = {one.line: one for one in scores(before, per, chosen=chosen)} if before else {}
    return [
        ScoreBody.of(
            one,
            suppressed=one.line in secret,
            before=earlier.get(one.line),
            before_suppressed=one.line in secret_before,
            chosen=chosen and one.first,
            weighted=weighed.get(one.line),
        )
        for one in scores(rows, per, chosen=chosen)
    ]


async def _kept(
    reports: Reports,
    asked: Asked,
    per: Per,
    figures: Figures,
) -> Kept:
    """What of these figures the caller may not see."""
    if asked.sees_all:
        return NOTHING
    return await kept(reports, asked.selection, per, figures)


@router.get("/scores")
async def read_scores(
    who: ReadOwn, reports: Parts, wanted: Annotated[GroupedScoresFilter, Query()]
) -> ScoresBody:
    """NPS, CSAT and CES, in total or by group, with the funnel they come from.

    One score per question of a survey and scale it was asked on; with `per=metric` one per metric
    and scale, over the first questions of all surveys. The funnel is that of the calls, whichever
    question. Scores of fewer than five answers, and what would tell them by subtraction, are for
    keys with the scope `admin`.
    """
    asked = await understood(reports, who, wanted)
    figures = await reports.figures(asked.selection, scores=True)
    secret = await _kept(reports, asked, wanted.per, figures)
    earlier, secret_before = await _earlier(reports, asked, wanted)
    groups_before = earlier.groups() if wanted.by else {}
    weighed: Mapping[Line, Weighted] = NONE
    if wanted.weighted:
        shown = scores(figures.whole, wanted.per)
        alone = replace(asked.selection, by=None)
        try:
            weighed = await weighting.read(reports, alone, wanted.per, shown)
        except TooManyCells as error:
            raise BadInput.at("query.weighted", _TOO_MANY_CELLS) from error
    return ScoresBody(
        **asked.range,
        **_range_before(asked, wanted),
        per=wanted.per,
        by=wanted.by,
        scores=score_bodies(
            figures.whole,
            wanted.per,
            secret=secret.whole,
            before=earlier.whole,
            secret_before=secret_before.whole,
            chosen=wanted.score is not None,
            weighed=weighed,
        ),
        funnel=funnel_of(figures.whole, asked.selection),
        groups=[
            ScoreGroupBody(
                value=value,
                name=figures.names.get(value),
                scores=score_bodies(
                    rows,
                    wanted.per,
                    secret=secret.cells.get(value, ()),
                    before=groups_before.get(value, ()),
                    secret_before=secret_before.cells.get(value, ()),
                    chosen=wanted.score is not None,
                ),
                funnel=funnel_of(rows, asked.selection),
            )
            for value, rows in (figures.groups() if wanted.by else {}).items()
        ],
    )


async def _earlier(
    reports: Reports, asked: Asked, wanted: GroupedScoresFilter
) -> tuple[Figures, Kept]:
    if wanted.compare is None:
        return Figures(whole=(), rows=(), names={}), NOTHING
    earlier = replace(asked, selection=before(asked.selection, wanted.compare))
    figures = await reports.figures(earlier.selection, scores=True)
    return figures, await _kept(reports, earlier, wanted.per, figures)


def _range_before(asked: Asked, wanted: GroupedScoresFilter) -> dict[str, Any]:
    if wanted.compare is None:
        return {}
    compared = before(asked.selection, wanted.compare)
    return {"before_from": compared.first, "before_to": compared.last}


@router.get("/funnel")
async def read_funnel(
    who: ReadOwn, reports: Parts, wanted: Annotated[FunnelFilter, Query()]
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
    who: ReadOwn, reports: Parts, wanted: Annotated[FunnelFilter, Query()]
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
