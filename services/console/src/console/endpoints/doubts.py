"""Who may have said no: shown to people, who decide whether it was one."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import Problem
from console.endpoints.access import HOME, Look, PageRoute, form_of
from console.renderer import page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ROWS = "50"
VERDICTS = {"true": True, "false": False}


@router.get("/console/doubts")
async def doubts(look: Look) -> Response:
    cursor = dict(look.frame.query).get("cursor", "")
    given = [("limit", ROWS), *([("cursor", cursor)] if cursor else [])]
    found = await look.apis.get("doubts", given)
    return HTMLResponse(page("doubts.html", look.frame, here="doubts", found=found))


@router.post("/console/doubts/{doubt}")
async def decide(request: Request, look: Look, doubt: str) -> Response:
    """By the orchestrator's API, which says who may, and keeps who did."""
    form = await form_of(request, look.who)
    opted_out = VERDICTS.get(form.get("opted_out", ""))
    if opted_out is None:
        raise Problem(422, "Was it an opt-out?", "Choose one of the two.")
    answer = await look.apis.patch(f"doubts/{quote(doubt, safe='')}", {"opted_out": opted_out})
    if not answer.ok:
        raise Problem(answer.status or 503, "Nothing was decided", answer.problem)
    return RedirectResponse(look.frame.href(f"{HOME}/doubts"), 303)
