"""Who changed what, and taking a change back."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import Problem
from console.domain.differences import differences
from console.endpoints.access import HOME, Look, PageRoute, Viewer, form_of
from console.endpoints.editing import path_of
from console.renderer import page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ROWS = "25"
KINDS = ("", "flow", "survey", "number", "account", "source", "workspace")


@router.get("/console/changes")
async def changes(look: Look) -> Response:
    query = dict(look.frame.query)
    wanted = {name: query.get(name, "") for name in ("kind", "id", "cursor")}
    given = [pair for pair in wanted.items() if pair[1]]
    found = await look.apis.get("config/changes", [("limit", ROWS), *given])
    told = found.body["changes"] if found.ok else ()
    shown = page(
        "changes.html",
        look.frame,
        here="setup",
        found=found,
        rows=[(one, differences(one["before"], one["after"])) for one in told],
        kinds=KINDS,
        kind=wanted["kind"],
        id=wanted["id"],
    )
    return HTMLResponse(shown)


@router.post("/console/changes/{change}/undo")
async def undo(request: Request, look: Look, change: int) -> Response:
    """The document is again as it was before this change, whatever came after it."""
    await form_of(request, look.who)
    one = await _change(look, change)
    path = path_of(one["kind"], one["document"])
    now = await look.apis.get(path)
    if not now.ok and now.status != 404:
        raise Problem(now.status or 503, "The change was not taken back", now.problem)
    if one["before"] is None:
        answer = await look.apis.delete(path, tag=now.tag or "*")
    else:
        answer = await look.apis.put(path, one["before"], tag=now.tag)
    if not answer.ok:
        said = [f"{error.field}: {error.message}" for error in answer.errors]
        detail = "; ".join([answer.problem, *said])
        raise Problem(answer.status or 503, "The change was not taken back", detail)
    return RedirectResponse(look.frame.href(f"{HOME}/changes"), 303)


async def _change(look: Viewer, change: int) -> dict[str, Any]:
    """Raises `Problem` 404."""
    query = [("cursor", str(change + 1)), ("limit", "1")]
    found = await look.apis.get("config/changes", query)
    if not found.ok:
        raise Problem(found.status or 503, "The change cannot be read", found.problem)
    rows: list[dict[str, Any]] = found.body["changes"]
    if not rows or rows[0]["id"] != change:
        raise Problem(404, "There is no such change")
    return rows[0]
