"""Writing what is configured: a flow by a form, any document as it is."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import Problem
from console.domain import flow_form
from console.domain.conditions import groups_in_words
from console.domain.differences import Difference, differences
from console.domain.flow_limits import limits_in_words
from console.endpoints.access import HOME, Look, PageRoute, Viewer, form_of
from console.renderer import page
from console.service.apis import Answer

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LARGEST = 512 * 1024  # bytes of a posted document
CHANNELS = frozenset({"sms", "whatsapp", "ivr"})
NEW: Mapping[str, Any] = {"enabled": False}


def path_of(kind: str, identity: str) -> str:
    return f"config/documents/{quote(kind, safe='')}/{quote(identity, safe='')}"


async def _document(look: Viewer, kind: str, identity: str) -> Answer:
    """Raises `Problem` where it cannot be read."""
    found = await look.apis.get(path_of(kind, identity))
    if not found.ok:
        raise Problem(found.status or 503, "It cannot be shown", found.problem)
    return found


@router.get("/console/new-flow")
async def new_flow(look: Look) -> Response:
    return await _flow_form(look, None, NEW, {}, tag="")


@router.post("/console/new-flow")
async def add_flow(request: Request, look: Look) -> Response:
    form = await form_of(request, look.who)
    return await _save(look, form, None, NEW, tag="")


@router.get("/console/flows/{flow}/edit")
async def edit_flow(look: Look, flow: str) -> Response:
    found = await _document(look, "flow", flow)
    return await _flow_form(look, flow, found.body, {}, tag=found.tag)


@router.post("/console/flows/{flow}/edit")
async def save_flow(request: Request, look: Look, flow: str) -> Response:
    form = await form_of(request, look.who)
    found = await _document(look, "flow", flow)
    return await _save(look, form, flow, found.body, tag=form.get("tag") or found.tag)


async def _save(
    look: Viewer,
    form: Mapping[str, str],
    flow: str | None,
    before: Mapping[str, Any],
    *,
    tag: str,
) -> Response:
    """Stores it, or shows the form again with what is wrong; `do=look` shows what would change."""
    document = flow_form.flow_of(form, before)
    looks = form.get("do") == "look"
    identity = flow or form.get("id", "").strip() or "-"  # which no id can be
    query = [("dry_run", "true")] if looks else []
    answer = await look.apis.put(path_of("flow", identity), document, tag=tag, query=query)
    if answer.ok and not looks:
        return RedirectResponse(look.frame.href(f"{HOME}/flows"), 303)
    looked = differences(before if flow else None, document) if answer.ok else None
    return await _flow_form(look, flow, before, form, tag=tag, answer=answer, looked=looked)


async def _flow_form(
    look: Viewer,
    flow: str | None,
    before: Mapping[str, Any],
    form: Mapping[str, str],
    *,
    tag: str,
    answer: Answer | None = None,
    looked: Sequence[Difference] | None = None,
) -> Response:
    """`form`: what was filled in already; it comes back as it was."""
    surveys = await look.apis.get("surveys")
    previews = await _previews(look, flow, before) if flow and looked is None else []
    shown = page(
        "flow.html",
        look.frame,
        here="flows",
        flow=flow,
        enabled=bool(before.get("enabled")),
        values=form or flow_form.fields_of(before),
        tag=tag,
        form=flow_form,
        groups=groups_in_words(before.get("when")),
        limits=limits_in_words(before),
        surveys=[(one["id"], one["id"]) for one in surveys.body["surveys"]] if surveys.ok else [],
        answer=answer,
        wrong=flow_form.errors_by_field(answer.errors) if answer else {},
        looked=looked,
        previews=previews,
    )
    return HTMLResponse(shown, 200 if answer is None else answer.status or 503)


async def _previews(look: Viewer, flow: str, saved: Mapping[str, Any]) -> list[Answer]:
    """What people get on each channel of its plan, in the language that the page names."""
    plan = saved.get("plan") or [{}]
    told = [step.get("channel", "sms") for step in plan if isinstance(step, dict)]
    channels = [one for one in dict.fromkeys(told) if one in CHANNELS]
    language = dict(look.frame.query).get("language", "")
    query = [("flow", flow), *([("language", language)] if language else [])]
    return await look.apis.all(*((f"{channel}/preview", query) for channel in channels))


@router.post("/console/flows/{flow}/remove")
async def remove_flow(request: Request, look: Look, flow: str) -> Response:
    form = await form_of(request, look.who)
    answer = await look.apis.delete(path_of("flow", flow), tag=form.get("tag") or "*")
    if not answer.ok:
        raise Problem(answer.status or 503, "The flow was not removed", answer.problem)
    return RedirectResponse(look.frame.href(f"{HOME}/flows"), 303)


@router.get("/console/documents/{kind}/{identity}")
async def document_page(look: Look, kind: str, identity: str) -> Response:
    found = await _document(look, kind, identity)
    text = json.dumps(found.body, indent=2, ensure_ascii=False)
    return _document_form(look, kind, identity, text, tag=found.tag)


@router.post("/console/documents/{kind}/{identity}")
async def save_document(request: Request, look: Look, kind: str, identity: str) -> Response:
    """Any kind, as JSON."""
    form = await form_of(request, look.who, limit=LARGEST)
    text, tag = form.get("document", ""), form.get("tag") or "*"
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        answer = Answer(422, None, f"this is not JSON: {error}")
    else:
        answer = await look.apis.put(path_of(kind, identity), body, tag=tag)
    if answer.ok:
        return RedirectResponse(look.frame.href(f"{HOME}/setup"), 303)
    return _document_form(look, kind, identity, text, tag=tag, answer=answer)


def _document_form(
    look: Viewer, kind: str, identity: str, text: str, *, tag: str, answer: Answer | None = None
) -> Response:
    shown = page(
        "document.html",
        look.frame,
        here="setup",
        kind=kind,
        id=identity,
        text=text,
        tag=tag,
        answer=answer,
    )
    return HTMLResponse(shown, 200 if answer is None else answer.status or 503)


@router.post("/console/numbers/{number}")
async def switch_number(request: Request, look: Look, number: str) -> Response:
    """Whether callers of this number are asked."""
    form = await form_of(request, look.who)
    found = await _document(look, "number", number)
    body = {**found.body, "surveys": form.get("surveys") == "true"}
    answer = await look.apis.put(path_of("number", number), body, tag=found.tag)
    if not answer.ok:
        raise Problem(answer.status or 503, "The number was not switched", answer.problem)
    return RedirectResponse(look.frame.href(f"{HOME}/setup"), 303)
