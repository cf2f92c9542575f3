"""The same figures and rows as CSV files, streamed."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse

from analytics.domain.contributions import REASONS
from analytics.domain.entries import Entry
from analytics.domain.places import Found
from analytics.domain.selection import DateOf, starts
from analytics.domain.words import Sought
from analytics.endpoints.figures import (
    Asked,
    Parts,
    ReadOwn,
    read_funnel,
    read_response_rates,
    read_scores,
    understood,
)
from analytics.endpoints.resolution import read_resolution
from analytics.endpoints.trends import read_trend
from analytics.schemas import csv
from analytics.schemas.figures import PointBody, RangeBody
from analytics.schemas.filters import (
    MOST_POINTS_OF_GROUPS,
    Exported,
    FunnelFile,
    ScoresFile,
    TrendFile,
    Value,
)
from analytics.schemas.lists import AllFiles, CallsFile, ResponsesFile
from analytics.schemas.rows import CallBody, ResponseBody
from analytics.schemas.zipped import File, zipped
from analytics.service import Reports
from common.database.holdings import Held, known
from common.process.access import Caller, caller
from common.process.files import StreamedFile

router = APIRouter(prefix="/v1/export", tags=["analytics"])
Private = Annotated[Caller, Depends(caller("privacy"))]
PAGE = 500  # rows of one transaction


class Csv(StreamedFile):
    media_type = "text/csv"


class Zip(StreamedFile):
    media_type = "application/zip"


@router.get("/scores", response_class=Csv)
async def export_scores(
    who: ReadOwn, reports: Parts, wanted: Annotated[ScoresFile, Query()]
) -> StreamingResponse:
    """`GET /v1/scores` as CSV: the total, then the groups."""
    return Csv("scores.csv", await scores_text(who, reports, wanted))


@router.get("/trend", response_class=Csv)
async def export_trend(
    who: ReadOwn, reports: Parts, wanted: Annotated[TrendFile, Query()]
) -> StreamingResponse:
    """`GET /v1/trend` as CSV, a row per period and score: of the total, then of the groups."""
    return Csv("trend.csv", await trend_text(who, reports, wanted))


@router.get("/funnel", response_class=Csv)
async def export_funnel(
    who: ReadOwn, reports: Parts, wanted: Annotated[FunnelFile, Query()]
) -> StreamingResponse:
    """`GET /v1/funnel` as CSV: the total, then the groups; a column per reason not to ask."""
    return Csv("funnel.csv", await funnel_text(who, reports, wanted))


@router.get("/response-rates", response_class=Csv)
async def export_response_rates(
    who: ReadOwn, reports: Parts, wanted: Annotated[FunnelFile, Query()]
) -> StreamingResponse:
    """`GET /v1/response-rates` as CSV: the total, then the groups; a row per rate."""
    return Csv("response-rates.csv", await response_rates_text(who, reports, wanted))


@router.get("/resolution", response_class=Csv)
async def export_resolution(
    who: ReadOwn, reports: Parts, wanted: Annotated[FunnelFile, Query()]
) -> StreamingResponse:
    """`GET /v1/resolution` as CSV: the total, then the groups."""
    return Csv("resolution.csv", await resolution_text(who, reports, wanted))


@router.get("/responses", response_class=Csv)
async def export_responses(
    who: ReadOwn, reports: Parts, wanted: Annotated[ResponsesFile, Query()]
) -> StreamingResponse:
    """`GET /v1/responses` as CSV, all of them."""
    with reports.files.take(who.workspace_or(wanted.workspace)) as slot:
        return Csv("responses.csv", await responses_text(who, reports, wanted), slot=slot.keep())


@router.get("/calls", response_class=Csv)
async def export_calls(
    who: ReadOwn, reports: Parts, wanted: Annotated[CallsFile, Query()]
) -> StreamingResponse:
    """`GET /v1/calls` as CSV, all of them."""
    with reports.files.take(who.workspace_or(wanted.workspace)) as slot:
        return Csv("calls.csv", await calls_text(who, reports, wanted), slot=slot.keep())


@router.get("/all", response_class=Zip)
async def export_all(
    who: ReadOwn, reports: Parts, wanted: Annotated[AllFiles, Query()]
) -> StreamingResponse:
    """All of these files in one zip, of one filter; what was asked for is in `filter.json`.

    Days of answers have no funnel, no response rates and no resolution; of more than 200 points the
    trend has the total alone.
    """
    with reports.files.take(who.workspace_or(wanted.workspace)) as slot:
        files = await _files(who, reports, wanted)
        return Zip("aftercall.zip", zipped(files, at=reports.clock()), slot=slot.keep())


@router.get("/contacts/{contact}")
async def export_contact_facts(
    who: Private,
    reports: Parts,
    contact: Annotated[UUID, Path(description="A `contact_id`.")],
    workspace: Annotated[Value | None, Query(description="Only for keys of the operator")] = None,
) -> Held:
    """All that is known here about a person, as the tables have it."""
    return known(await reports.held(who.workspace_or(workspace), contact))


async def _files(who: Caller, reports: Reports, wanted: AllFiles) -> list[File]:
    asked = await understood(reports, who, wanted)
    given = wanted.model_dump_json(by_alias=True, exclude_none=True)
    range_ = RangeBody(**asked.range).model_dump_json(by_alias=True)
    told = json.dumps(json.loads(given) | json.loads(range_), indent=2, ensure_ascii=False)
    files = [File("filter.json", _once(told))]
    scores_file, trend_file = wanted.of(ScoresFile), wanted.of(TrendFile)
    selection = asked.selection
    if len(starts(selection.first, selection.last, wanted.period)) > MOST_POINTS_OF_GROUPS:
        trend_file = trend_file.model_copy(update={"by": None})
    files.append(File("scores.csv", await scores_text(who, reports, scores_file)))
    files.append(File("trend.csv", await trend_text(who, reports, trend_file)))
    if wanted.date_of is DateOf.CALL:
        funnel = wanted.of(FunnelFile)
        files.append(File("funnel.csv", await funnel_text(who, reports, funnel)))
        rates = await response_rates_text(who, reports, funnel)
        files.append(File("response-rates.csv", rates))
        resolution = await resolution_text(who, reports, funnel)
        files.append(File("resolution.csv", resolution))
    responses = await responses_text(who, reports, wanted.of(ResponsesFile))
    files.append(File("responses.csv", responses, large=True))
    calls = await calls_text(who, reports, wanted.of(CallsFile))
    files.append(File("calls.csv", calls, large=True))
    return files


async def scores_text(who: Caller, reports: Reports, wanted: ScoresFile) -> AsyncIterator[str]:
    found = await read_scores(who, reports, wanted)
    groups = [(one.value, one.name, one.scores) for one in found.groups]
    return _whole(csv.scores([(csv.TOTAL, None, found.scores), *groups]), wanted)


async def trend_text(who: Caller, reports: Reports, wanted: TrendFile) -> AsyncIterator[str]:
    found = await read_trend(who, reports, wanted)
    groups = [(one.value, one.name, _points(one.points)) for one in found.groups]
    rows = csv.trend([(csv.TOTAL, None, _points(found.points)), *groups], by=bool(found.by))
    return _whole(rows, wanted)


def _points(found: Sequence[PointBody]) -> csv.Points:
    return [(one.label, one.start, one.end, one.scores) for one in found]


async def funnel_text(who: Caller, reports: Reports, wanted: FunnelFile) -> AsyncIterator[str]:
    found = await read_funnel(who, reports, wanted)
    groups = [(one.value, one.name, one.funnel) for one in found.groups]
    rows = csv.funnel([(csv.TOTAL, None, found.funnel), *groups], [str(one) for one in REASONS])
    return _whole(rows, wanted)


async def response_rates_text(
    who: Caller, reports: Reports, wanted: FunnelFile
) -> AsyncIterator[str]:
    found = await read_response_rates(who, reports, wanted)
    groups = [(one.value, one.name, one.response_rates) for one in found.groups]
    return _whole(csv.response_rates([(csv.TOTAL, None, found.response_rates), *groups]), wanted)


async def resolution_text(who: Caller, reports: Reports, wanted: FunnelFile) -> AsyncIterator[str]:
    found = await read_resolution(who, reports, wanted)
    groups = [(one.value, one.name, one.resolution) for one in found.groups]
    return _whole(csv.resolution([(csv.TOTAL, None, found.resolution), *groups]), wanted)


async def responses_text(
    who: Caller, reports: Reports, wanted: ResponsesFile
) -> AsyncIterator[str]:
    asked = await understood(reports, who, wanted)
    sought = wanted.sought(masks=asked.masks)
    return _rows(reports, asked, wanted, answered=True, sought=sought)


async def calls_text(who: Caller, reports: Reports, wanted: CallsFile) -> AsyncIterator[str]:
    asked = await understood(reports, who, wanted)
    return _rows(reports, asked, wanted, answered=False)


async def _whole(rows: Iterable[Sequence[Any]], wanted: Exported) -> AsyncIterator[str]:
    yield (csv.BOM if wanted.bom else "") + csv.lines(rows)


async def _once(text: str) -> AsyncIterator[str]:
    yield text


async def _rows(
    reports: Reports,
    asked: Asked,
    wanted: CallsFile | ResponsesFile,
    *,
    answered: bool,
    sought: Sought | None = None,
) -> AsyncIterator[str]:
    """Page by page, so that no file is ever in memory."""

    def body(entry: Entry) -> CallBody:
        if answered:
            return ResponseBody.of(entry, masks=asked.masks)
        return CallBody.of(entry)

    yield (csv.BOM if wanted.bom else "") + csv.lines([csv.head(asked.zone, answered=answered)])
    after: Found | None = None
    more = True
    while more:
        entries, after = await reports.page(
            asked.selection,
            after=after,
            limit=PAGE,
            answered=answered,
            sort=wanted.sort,
            sought=sought,
        )
        yield csv.lines(csv.row(body(entry)) for entry in entries)
        more = after is not None
