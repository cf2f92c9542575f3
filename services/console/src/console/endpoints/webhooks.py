"""Webhooks: where answers and alerts are sent to, what became of each, sending again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import Problem
from console.domain import alert_form
from console.domain.filters import own
from console.endpoints.access import HOME, Look, PageRoute, Viewer, form_of
from console.renderer import page
from console.service.apis import Answer

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PAGES = f"{HOME}/webhooks"
STATES = ("", "waiting", "delivered", "failed")
ROWS = "50"


def _shown(template: str, look: Viewer, *, status: int = 200, **values: Any) -> Response:
    return HTMLResponse(page(template, look.frame, here="webhooks", **values), status)


@router.get("/console/webhooks")
async def webhooks(look: Look) -> Response:
    return await _list(look, {})


@router.post("/console/webhooks")
async def add_webhook(request: Request, look: Look) -> Response:
    """Its secret is shown on the page that answers, and never again."""
    form = await form_of(request, look.who)
    answer = await look.apis.post("webhooks", alert_form.webhook_of(form))
    if not answer.ok:
        return await _list(look, form, answer=answer)
    return await _list(look, {}, made=answer.body["endpoint"], secret=answer.body["secret"])


async def _list(
    look: Viewer,
    form: Mapping[str, str],
    *,
    answer: Answer | None = None,
    made: Mapping[str, Any] | None = None,
    secret: str = "",
) -> Response:
    found = await look.apis.get("webhooks")
    return _shown(
        "webhooks.html",
        look,
        status=200 if answer is None else answer.status or 503,
        found=found,
        values=form,
        form=alert_form,
        answer=answer,
        wrong={error.field: error.message for error in answer.errors} if answer else {},
        made=made,
        secret=secret,
    )


@router.get("/console/webhooks/{endpoint}")
async def log(look: Look, endpoint: UUID) -> Response:
    query = dict(look.frame.query)
    state = own(look.frame.query, "state", STATES)
    wanted = {"state": state, "cursor": query.get("cursor", "")}
    given: Sequence[tuple[str, str]] = [pair for pair in wanted.items() if pair[1]]
    one, found = await look.apis.all(
        (f"webhooks/{endpoint}", ()),
        (f"webhooks/{endpoint}/deliveries", [("limit", ROWS), *given]),
    )
    if not one.ok:
        raise Problem(one.status or 503, "This webhook cannot be shown", one.problem)
    return _shown(
        "webhook.html",
        look,
        one=one.body,
        found=found,
        state=state,
        states=STATES,
        queued=query.get("queued", ""),
    )


@router.get("/console/webhooks/{endpoint}/{message}")
async def delivery(look: Look, endpoint: UUID, message: UUID) -> Response:
    found = await look.apis.get(f"webhooks/{endpoint}/deliveries/{message}")
    if not found.ok:
        raise Problem(found.status or 503, "This delivery cannot be shown", found.problem)
    return _shown("delivery.html", look, found=found.body, endpoint=endpoint)


@router.post("/console/webhooks/{endpoint}")
async def switch_webhook(request: Request, look: Look, endpoint: UUID) -> Response:
    form = await form_of(request, look.who)
    body = {"enabled": form.get("enabled") == "true"}
    _check(await look.apis.patch(f"webhooks/{endpoint}", body))
    return RedirectResponse(look.frame.href(PAGES), 303)


@router.post("/console/webhooks/{endpoint}/remove")
async def remove_webhook(request: Request, look: Look, endpoint: UUID) -> Response:
    await form_of(request, look.who)
    _check(await look.apis.delete(f"webhooks/{endpoint}"))
    return RedirectResponse(look.frame.href(PAGES), 303)


@router.post("/console/webhooks/{endpoint}/secret")
async def rotate(request: Request, look: Look, endpoint: UUID) -> Response:
    await form_of(request, look.who)
    answer = _check(await look.apis.post(f"webhooks/{endpoint}/secret", {}))
    made = _check(await look.apis.get(f"webhooks/{endpoint}")).body
    return await _list(look, {}, made=made, secret=answer.body["secret"])


@router.post("/console/webhooks/{endpoint}/test")
async def test(request: Request, look: Look, endpoint: UUID) -> Response:
    await form_of(request, look.who)
    answer = _check(await look.apis.post(f"webhooks/{endpoint}/test", {}))
    message = answer.body["delivery"]["id"]
    return RedirectResponse(look.frame.href(f"{PAGES}/{endpoint}/{message}"), 303)


@router.post("/console/webhooks/{endpoint}/replay")
async def replay(request: Request, look: Look, endpoint: UUID) -> Response:
    """One message, or all that failed since a day."""
    form = await form_of(request, look.who)
    body = {"message": form["message"]} if "message" in form else {"from": _since(form)}
    answer = _check(await look.apis.post(f"webhooks/{endpoint}/replay", body))
    queued = [("queued", str(answer.body["queued"]))]
    return RedirectResponse(look.frame.href(f"{PAGES}/{endpoint}", queued), 303)


def _since(form: Mapping[str, str]) -> str:
    return f"{form.get('since', '')}T00:00:00Z"


def _check(answer: Answer) -> Answer:
    """Raises `Problem` with what the API said."""
    if not answer.ok:
        said = [f"{error.field}: {error.message}" for error in answer.errors]
        detail = "; ".join([answer.problem, *said])
        raise Problem(answer.status or 503, "Nothing was changed", detail)
    return answer
