"""Pages of figures."""

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from common.errors import Problem
from console.domain.filters import filter_of, own
from console.endpoints.access import Look, PageRoute, Viewer
from console.renderer import page
from console.service import figures

router = APIRouter(route_class=PageRoute, include_in_schema=False)


def filtered(look: Viewer) -> list[tuple[str, str]]:
    return filter_of(look.frame.query)


@router.get("/console")
async def overview_page(look: Look) -> Response:
    chosen = filtered(look)
    compare = own(look.frame.query, "compare", ("off",))
    found = await figures.overview(look.apis, chosen, compare=compare, period="day")
    return await _shown("overview.html", look, here="overview", found=found)


async def _shown(template: str, look: Viewer, *, here: str, **values: Any) -> Response:
    return HTMLResponse(page(template, look.frame, here=here, **values))


@router.get("/console/{path:path}")
async def nothing(look: Look, path: str) -> Response:
    raise Problem(404, "There is no such page")
