"""Pages of figures and of what they are made of."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from common.errors import Problem
from common.process.files import StreamedFile
from console.domain.filters import filter_of, own, without
from console.domain.ranked import MOST_ROWS, ORDERS, ranked
from console.endpoints.access import Look, PageRoute, Viewer
from console.renderer import charts, page
from console.renderer.words import COMPARES, DIMENSIONS
from console.service import calls, figures

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PERIODS = ("day", "week", "month")
FILE_SORTS = ("newest", "oldest")


def _filtered(look: Viewer) -> list[tuple[str, str]]:
    return filter_of(look.frame.query)


def _compare(look: Viewer) -> str:
    return own(look.frame.query, "compare", tuple(COMPARES))


def _shown(template: str, look: Viewer, *, here: str, **values: Any) -> Response:
    chosen = _filtered(look)
    return HTMLResponse(
        page(
            template,
            look.frame,
            here=here,
            chosen=chosen,
            compare=_compare(look),
            without=without,
            **values,
        )
    )


@router.get("/console")
async def overview(look: Look) -> Response:
    found = await figures.overview(look.apis, _filtered(look), compare=_compare(look))
    return _shown(
        "overview.html",
        look,
        here="overview",
        found=found,
        choices=found.choices,
        ends_of=figures.ends_of,
        same_line=figures.same_line,
    )


@router.get("/console/trends")
async def trends(look: Look) -> Response:
    chosen, period = _filtered(look), own(look.frame.query, "period", PERIODS)
    by = own(look.frame.query, "by", ("", *DIMENSIONS))
    (now, before), choices = await asyncio.gather(
        figures.trends(look.apis, chosen, period=period, by=by, compare=_compare(look)),
        figures.choices(look.apis, chosen),
    )
    return _shown(
        "trends.html",
        look,
        here="trends",
        now=now,
        before=before,
        period=period,
        periods=PERIODS,
        by=by,
        choices=choices,
        ends_of=figures.ends_of,
        line_of=_line,
    )


def _line(score: Mapping[str, Any], points: Sequence[Mapping[str, Any]]) -> list[charts.Point]:
    """What was measured as this score was, point by point; where it was not there is a gap."""
    found = [(point["label"], figures.same_line(score, point["scores"])) for point in points]
    return [
        charts.Point(label=label, value=one["value"], low=one["low"], high=one["high"], n=one["n"])
        if one
        else charts.Point(label=label, value=None)
        for label, one in found
    ]


@router.get("/console/groups")
async def groups(look: Look) -> Response:
    chosen, by = _filtered(look), own(look.frame.query, "by", ("agent", *DIMENSIONS))
    found, choices = await asyncio.gather(
        figures.groups(look.apis, chosen, by=by, compare=_compare(look)),
        figures.choices(look.apis, chosen),
    )
    return _shown(
        "groups.html",
        look,
        here="groups",
        found=found,
        by=by,
        order=own(look.frame.query, "sort", ORDERS),
        ranked=ranked,
        most=MOST_ROWS,
        choices=choices,
        ends_of=figures.ends_of,
    )


@router.get("/console/rates")
async def rates(look: Look) -> Response:
    chosen = _filtered(look)
    found, choices = await asyncio.gather(
        figures.rates(look.apis, chosen), figures.choices(look.apis, chosen)
    )
    return _shown("rates.html", look, here="rates", found=found, choices=choices)


@router.get("/console/responses")
async def responses(look: Look) -> Response:
    return await _rows(look, "responses")


@router.get("/console/calls")
async def all_calls(look: Look) -> Response:
    return await _rows(look, "calls")


async def _rows(look: Viewer, what: str) -> Response:
    chosen, given = _filtered(look), dict(look.frame.query)
    cursor, sort, text = (given.get(name, "") for name in ("cursor", "sort", "text"))
    found, choices = await asyncio.gather(
        figures.rows(look.apis, what, chosen, cursor=cursor, sort=sort, text=text),
        figures.choices(look.apis, chosen),
    )
    return _shown(
        f"{what}.html",
        look,
        here=what,
        found=found,
        cursor=cursor,
        sort=sort,
        text=text,
        choices=choices,
    )


@router.get("/console/calls/{interaction}")
async def one_call(look: Look, interaction: UUID) -> Response:
    found = await calls.story(look.apis, str(interaction))
    if not found.decision.ok:
        raise Problem(found.decision.status or 503, "This call cannot be shown",
                      found.decision.problem)  # fmt: skip
    return _shown("call.html", look, here="calls", found=found)


@router.get("/console/formulas")
async def formulas(look: Look) -> Response:
    return _shown("formulas.html", look, here="formulas")


@router.get("/console/files/{what}.csv")
async def file(look: Look, what: str) -> Response:
    """The API's file of what the page shows, as whoever is signed in may see it."""
    if what not in figures.KINDS or what == "all":
        raise Problem(404, "There is no such file")
    return await _file(look, what, f"{what}.csv", "text/csv")


@router.get("/console/files/all.zip")
async def files(look: Look) -> Response:
    """The API's files of all that pages show with this filter."""
    return await _file(look, "all", "aftercall.zip", "application/zip")


async def _file(look: Viewer, what: str, name: str, kind: str) -> Response:
    own_query = dict(look.frame.query)
    wanted = figures.query(
        what,
        _filtered(look),
        by=own_query.get("by", ""),
        period=own(look.frame.query, "period", PERIODS),
        compare=_compare(look),
        text=own_query.get("text", ""),
        sort=own(look.frame.query, "sort", FILE_SORTS),
    )
    bom = [("bom", own_query["bom"])] if "bom" in own_query else []
    stream = look.apis.stream(f"export/{what}", [*wanted, *bom])
    answer = await stream.__aenter__()

    async def body() -> Any:
        try:
            async for part in answer.aiter_bytes():
                yield part
        finally:
            await stream.__aexit__(None, None, None)

    return StreamedFile(name, body(), media_type=kind)
