"""Alerts: what was raised, and the rules that raise it."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import Problem
from console.domain import alert_form
from console.endpoints.access import HOME, Look, PageRoute, Viewer, form_of
from console.renderer import page
from console.service.apis import Answer

router = APIRouter(route_class=PageRoute, include_in_schema=False)
ROWS = "25"


@router.get("/console/alerts")
async def alerts(look: Look) -> Response:
    return await _page(look, {})


@router.post("/console/alerts")
async def add_rule(request: Request, look: Look) -> Response:
    form = await form_of(request, look.who)
    answer = await look.apis.post("alerts/rules", alert_form.rule_of(form))
    if answer.ok:
        return RedirectResponse(look.frame.href(f"{HOME}/alerts"), 303)
    return await _page(look, form, answer=answer)


async def _page(look: Viewer, form: Mapping[str, str], *, answer: Answer | None = None) -> Response:
    """`form`: what was filled in already; it comes back as it was, with what is wrong."""
    query = dict(look.frame.query)
    given = [(name, query[name]) for name in ("rule", "cursor") if query.get(name)]
    found, rules, mails = await look.apis.all(
        ("alerts", [("limit", ROWS), *given]),
        ("alerts/rules", ()),
        ("alerts/mails", [("limit", "100")]),
    )
    shown = page(
        "alerts.html",
        look.frame,
        here="alerts",
        found=found,
        rules=rules,
        names={one["id"]: one["name"] for one in rules.body["rules"]} if rules.ok else {},
        failed=[one for one in mails.body["mails"] if one["problem"]] if mails.ok else [],
        chosen=query.get("rule", ""),
        values=form,
        form=alert_form,
        answer=answer,
        wrong={error.field: error.message for error in answer.errors} if answer else {},
    )
    return HTMLResponse(shown, 200 if answer is None else answer.status or 503)


@router.post("/console/alerts/{rule}")
async def switch_rule(request: Request, look: Look, rule: UUID) -> Response:
    form = await form_of(request, look.who)
    body = {"enabled": form.get("enabled") == "true"}
    return _done(look, await look.apis.patch(f"alerts/rules/{rule}", body))


@router.post("/console/alerts/{rule}/remove")
async def remove_rule(request: Request, look: Look, rule: UUID) -> Response:
    await form_of(request, look.who)
    return _done(look, await look.apis.delete(f"alerts/rules/{rule}"))


def _done(look: Viewer, answer: Answer) -> Response:
    if not answer.ok:
        raise Problem(answer.status or 503, "The rule was not changed", answer.problem)
    return RedirectResponse(look.frame.href(f"{HOME}/alerts"), 303)
