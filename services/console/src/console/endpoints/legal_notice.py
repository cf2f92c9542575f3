"""The legal notice: read and acknowledged before a flow is switched on."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import Problem
from console.endpoints.access import HOME, Look, PageRoute, form_of
from console.renderer import page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PATH = f"{HOME}/legal-notice"


@router.get("/console/legal-notice")
async def legal_notice(look: Look) -> Response:
    """`flow` in the query: what somebody was about to switch on."""
    found = await look.apis.get("legal-notice")
    flow = dict(look.frame.query).get("flow", "")
    return HTMLResponse(page("legal_notice.html", look.frame, here="flows", found=found, flow=flow))


@router.post("/console/legal-notice")
async def acknowledge(request: Request, look: Look) -> Response:
    """The text that was shown, and no other; then the flow is switched on."""
    form = await form_of(request, look.who)
    if form.get("read") != "yes":
        raise Problem(422, "The legal notice was not acknowledged", "Tick that you have read it.")
    body = {"version": form.get("version", "")}
    answer = await look.apis.post("legal-notice/acknowledgements", body)
    if not answer.ok:
        detail = answer.problem
        raise Problem(answer.status or 503, "The legal notice was not acknowledged", detail)
    flow = form.get("flow", "")
    if not flow:
        return RedirectResponse(look.frame.href(PATH), 303)
    switched = await look.apis.patch(f"flows/{quote(flow, safe='')}", {"enabled": True})
    if not switched.ok:
        raise Problem(switched.status or 503, "The flow was not switched", switched.problem)
    return RedirectResponse(look.frame.href(f"{HOME}/flows"), 303)
