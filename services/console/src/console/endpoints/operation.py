"""What goes out, and what is set up: the delivery log, flows, numbers and senders."""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import Problem
from console.domain.filters import own
from console.endpoints import legal_notice
from console.endpoints.access import HOME, Look, PageRoute, Viewer, form_of
from console.renderer import page

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LOGS = ("sms", "ivr", "whatsapp")
STATUSES = (
    "", "queued", "sent", "delivered", "failed", "unknown", "cancelled",
)  # fmt: skip


def _shown(template: str, look: Viewer, *, here: str, **values: Any) -> Response:
    return HTMLResponse(page(template, look.frame, here=here, **values))


@router.get("/console/deliveries")
async def deliveries(look: Look) -> Response:
    query = dict(look.frame.query)
    channel, status = (
        own(look.frame.query, "channel", LOGS),
        own(look.frame.query, "status", STATUSES),
    )
    given = {"status": status, "cursor": query.get("cursor", "")}
    found = await look.apis.get(f"{channel}/sends", [pair for pair in given.items() if pair[1]])
    return _shown(
        "deliveries.html",
        look,
        here="deliveries",
        found=found,
        channel=channel,
        channels=LOGS,
        status=status,
        statuses=STATUSES,
    )


@router.get("/console/flows")
async def flows(look: Look) -> Response:
    found, surveys, notice = await look.apis.all(
        ("flows", ()), ("surveys", ()), ("legal-notice", ())
    )
    return _shown(
        "flows.html",
        look,
        here="flows",
        found=found,
        surveys={one["id"]: one for one in surveys.body["surveys"]} if surveys.ok else {},
        notice=notice,
    )


@router.post("/console/flows/{flow}")
async def switch_flow(request: Request, look: Look, flow: str) -> Response:
    """On or off, by the orchestrator's API, which says who may, and what has to come first."""
    form = await form_of(request, look.who)
    enabled = form.get("enabled") == "true"
    answer = await look.apis.patch(f"flows/{quote(flow, safe='')}", {"enabled": enabled})
    if enabled and answer.status == 409:
        return RedirectResponse(look.frame.href(legal_notice.PATH, [("flow", flow)]), 303)
    if not answer.ok:
        raise Problem(answer.status or 503, "The flow was not switched", answer.problem)
    return RedirectResponse(look.frame.href(f"{HOME}/flows"), 303)


@router.get("/console/setup")
async def setup(look: Look) -> Response:
    config, documents = await look.apis.all(("config", ()), ("config/documents", ()))
    return _shown("setup.html", look, here="setup", config=config, documents=documents)


@router.get("/console/{path:path}")
async def nothing(look: Look, path: str) -> Response:
    raise Problem(404, "There is no such page")
