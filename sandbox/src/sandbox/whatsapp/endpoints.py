"""The Graph API, as far as WhatsApp messages and templates need it."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from sandbox.answering import gone
from sandbox.faults import AFTER, Fault, Trouble
from sandbox.ledger import CreateRequest, Ledger, utc_now
from sandbox.server import listen
from sandbox.whatsapp import templates
from sandbox.whatsapp.cloud import Business, Chat, WhatsApp
from sandbox.whatsapp.posting import Posting
from sandbox.whatsapp.templates import Refused

_CODES = {
    Trouble.THROTTLED: (429, 130429),
    Trouble.UNAUTHORIZED: (401, 190),
    Trouble.ERROR_BEFORE: (500, 131000),
    Trouble.ERROR_AFTER: (500, 131000),
}
PAGE = 100
NUMBER = {
    "verified_name": "Acme",
    "name_status": "APPROVED",
    "status": "CONNECTED",
    "quality_rating": "GREEN",
    "whatsapp_business_manager_messaging_limit": "TIER_2K",
}
ACCOUNT = {"account_review_status": "APPROVED", "business_verification_status": "verified"}


def application(world: WhatsApp) -> FastAPI:
    app = FastAPI(title="Sandbox Cloud API", docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/{version}/{number}/messages")
    async def send(version: str, number: str, request: Request) -> Response:
        return await _send(world, number, request)

    @app.get("/{version}/{business}/message_templates")
    async def find(version: str, business: str, request: Request) -> Response:
        if not _knows(world, business, request):
            return error(190, "token", status=401)
        return _page(world.businesses[business], request)

    @app.post("/{version}/{business}/message_templates")
    async def create(version: str, business: str, request: Request) -> Response:
        if not _knows(world, business, request):
            return error(190, "token", status=401)
        return await _create(world, world.businesses[business], request)

    @app.get("/{version}/debug_token")
    async def debug_token(version: str, input_token: str) -> Response:
        known = next((b for b in world.businesses.values() if b.token == input_token), None)
        data = {"is_valid": known is not None, "expires_at": known.expires_at if known else 0}
        return JSONResponse({"data": data})

    @app.get("/{version}/{number}")
    async def number_of(version: str, number: str, request: Request) -> Response:
        """Or the account, by its own id: only the fields that are asked for."""
        try:
            business = world.businesses.get(number) or world.owner(number)
        except Refused as refused:
            return error(refused.code, refused.details, subcode=refused.subcode)
        if not _knows(world, business.id, request):
            return error(190, "token", status=401)
        told = ACCOUNT if number == business.id else NUMBER
        known = {**told, "display_phone_number": business.numbers.get(number), **business.told}
        wanted = request.query_params.get("fields", "").split(",")
        shown = {name: known[name] for name in wanted if name in known}
        return JSONResponse({"id": number, **shown})

    return app


def error(
    code: int, details: str, *, status: int = 400, subcode: int | None = None
) -> JSONResponse:
    told: dict[str, Any] = {
        "message": f"(#{code}) {details}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details},
        "fbtrace_id": "sandbox",
    }
    if subcode is not None:
        told["error_subcode"] = subcode
    return JSONResponse({"error": told}, status)


def _page(business: Business, request: Request) -> Response:
    """As Meta has it: the last page has cursors, too, and no `next`."""
    business.listed += 1
    found = [one.resource() for one in business.templates.values()]
    after = int(request.query_params.get("after", "0"))
    paging: dict[str, Any] = {"cursors": {"before": str(after), "after": str(after + PAGE)}}
    if after + PAGE < len(found):
        paging["next"] = str(request.url.include_query_params(after=after + PAGE))
    return JSONResponse({"data": found[after : after + PAGE], "paging": paging})


async def _create(world: WhatsApp, business: Business, request: Request) -> Response:
    identity = str(1_000_000 + sum(len(one.templates) for one in world.businesses.values()))
    business.submitted += 1
    try:
        if business.refuses is not None:
            raise business.refuses
        made = templates.made(await request.json(), identity)
    except Refused as refused:
        return error(refused.code, refused.details, status=refused.status, subcode=refused.subcode)
    if (made.name, made.language) in business.templates:
        return error(100, "content in this language exists already", subcode=2388024)
    made.status = "APPROVED" if business.reviews else "PENDING"
    business.templates[made.name, made.language] = made
    return JSONResponse({"id": made.id, "status": made.status, "category": made.category})


async def _send(world: WhatsApp, number: str, request: Request) -> Response:
    body = json.loads(await request.body())
    try:
        business = world.owner(number)
    except Refused as refused:
        return error(refused.code, refused.details, subcode=refused.subcode)
    ours = business.numbers[number]
    fate = world.draws.fate(business.id, f"+{body.get('to', '')}")
    if fate.latency:
        await asyncio.sleep(fate.latency)
    fault = fate.answer
    if fault is not None and fault.trouble not in AFTER:
        world.ledger.add(_entry(business, ours, body, fault=fault))
        return await _spoil(world, request, fault)
    if not _knows(world, business.id, request):
        world.ledger.add(_entry(business, ours, body, code=190, status=401))
        return error(190, "token", status=401)
    try:
        chat = world.prepare(business, ours, body)
    except Refused as refused:
        world.ledger.add(_entry(business, ours, body, code=refused.code, status=refused.status))
        return error(refused.code, refused.details, status=refused.status)
    world.ledger.add(_entry(business, ours, body, chat=chat, fault=fault))
    task = world.deliver(chat, str(body.get("biz_opaque_callback_data", "")), fate)
    if fate.early:
        await asyncio.wait([task], timeout=5.0)
    if fault is not None:
        return await _spoil(world, request, fault)
    contact = {"input": chat.person[1:], "wa_id": chat.person[1:]}
    message = {"id": chat.id, "message_status": "accepted"}
    told = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}
    return JSONResponse(told)


def _entry(
    business: Business,
    ours: str,
    body: Mapping[str, Any],
    *,
    chat: Chat | None = None,
    code: int | None = None,
    status: int | None = None,
    fault: Fault | None = None,
) -> CreateRequest:
    if fault is not None:
        status, code = _CODES.get(fault.trouble, (None, None))
    return CreateRequest(
        at=utc_now(),
        account=business.id,
        to=chat.person if chat else f"+{body.get('to', '')}",
        sender=ours,
        body=chat.body if chat else "",
        accepted=chat is not None,
        status=status if code or fault else 200,
        reference=str(body.get("biz_opaque_callback_data", "")),
        sid=chat.id if chat else None,
        code=code,
        fault=fault.trouble.value if fault else None,
    )


async def _spoil(world: WhatsApp, request: Request, fault: Fault) -> Response:
    if fault.trouble in _CODES:
        status, code = _CODES[fault.trouble]
        return error(code, fault.trouble.value, status=status)
    if request.client is not None and fault.trouble in (Trouble.RESET_BEFORE, Trouble.RESET_AFTER):
        world.listener.reset((request.client.host, request.client.port))
    await gone(world.listener, request)
    return Response(status_code=499)  # nobody is left to read it


def _knows(world: WhatsApp, business: str, request: Request) -> bool:
    known = world.businesses.get(business)
    given = request.headers.get("authorization", "")
    return known is not None and hmac.compare_digest(
        given.encode(), f"Bearer {known.token}".encode()
    )


@asynccontextmanager
async def serve(
    businesses: Sequence[Business],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    ledger_path: Path | None = None,
    pace: float = 0.0,
    tries: int = 0,
) -> AsyncIterator[WhatsApp]:
    """The Cloud API over HTTP, inside the caller's event loop."""
    with Ledger(ledger_path) as ledger:
        posting = Posting(ledger, tries=tries)
        world = WhatsApp(businesses=businesses, ledger=ledger, posting=posting, pace=pace)
        try:
            async with listen(application(world), host, port) as listener:
                world.listener = listener
                yield world
                await world.tasks.stop()
        finally:
            await posting.close()
