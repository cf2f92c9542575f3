"""The carrier's REST API, Messages only, and what faults do to its answers."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import parse_qsl, urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import QueryParams

from sandbox import control
from sandbox.carrier import Carrier
from sandbox.faults import AFTER, Fault, Trouble
from sandbox.ledger import CreateRequest, utc_now
from sandbox.messages import API, ERRORS, Message, Refused
from sandbox.server import Listener

EARLY_WAIT = 5.0  # seconds a create request waits for its callbacks (fault `early`)
_CODES = {
    Trouble.THROTTLED: 20429,
    Trouble.UNAUTHORIZED: 20003,
    Trouble.ERROR_BEFORE: 20500,
    Trouble.ERROR_AFTER: 20500,
}
_DATE_FILTERS = ("DateSent", "DateSent<", "DateSent>")


def application(carrier: Carrier) -> FastAPI:
    """The carrier's API and the sandbox's own under `/control`."""
    app = FastAPI(title="Sandbox carrier", docs_url=None, redoc_url=None, openapi_url=None)
    path = f"{API}/{{account}}/Messages"

    @app.post(f"{path}.json")
    async def create(account: str, request: Request) -> Response:
        return await _create(carrier, account, request)

    @app.get(f"{path}.json")
    async def find(account: str, request: Request) -> Response:
        if not _knows(carrier, account, request):
            return error(20003)
        return _page(carrier, account, request)

    @app.get(f"{path}/{{sid}}.json")
    async def fetch(account: str, sid: str, request: Request) -> Response:
        if not _knows(carrier, account, request):
            return error(20003)
        message = carrier.mailbox.get(sid)
        if message is None or message.account != account:
            return error(20404)
        return JSONResponse(message.resource())

    app.include_router(control.router(carrier))
    return app


def error(code: int, *, retry_after: int | None = None) -> JSONResponse:
    """An error body of the REST API; the HTTP status belongs to the code."""
    status, text = ERRORS[code]
    body = {
        "code": code,
        "message": text,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return JSONResponse(body, status, headers)


async def _create(carrier: Carrier, account: str, request: Request) -> Response:
    form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    fate = carrier.draws.fate(account, form.get("To", ""))
    if fate.latency:
        await asyncio.sleep(fate.latency)
    fault = fate.answer
    if fault is not None and fault.trouble not in AFTER:
        carrier.ledger.add(_entry(account, form, fault=fault))
        return await _spoil(carrier, request, fault)
    if not _knows(carrier, account, request):
        carrier.ledger.add(_entry(account, form, code=20003))
        return error(20003)
    try:
        message, callbacks = carrier.accept(account, form, fate=fate)
    except Refused as refused:
        carrier.ledger.add(_entry(account, form, code=refused.code))
        return error(refused.code)
    resource = message.resource()
    carrier.ledger.add(_entry(account, form, message=message, fault=fault))
    if fate.early:
        await asyncio.wait([callbacks], timeout=EARLY_WAIT)
    if fault is not None:
        return await _spoil(carrier, request, fault)
    return JSONResponse(resource, 201)


def _entry(
    account: str,
    form: Mapping[str, str],
    *,
    message: Message | None = None,
    code: int | None = None,
    fault: Fault | None = None,
) -> CreateRequest:
    if fault is not None:
        code = _CODES.get(fault.trouble)
    validity = form.get("ValidityPeriod", "")
    return CreateRequest(
        at=utc_now(),
        account=account,
        to=form.get("To", ""),
        sender=message.sender if message else form.get("From", ""),
        body=form.get("Body", ""),
        accepted=message is not None,
        status=ERRORS[code][0] if code else None if fault else 201,
        status_callback=form.get("StatusCallback", ""),
        validity=int(validity) if validity.isdigit() else None,
        sid=message.sid if message else None,
        code=code,
        fault=fault.trouble.value if fault else None,
    )


async def _spoil(carrier: Carrier, request: Request, fault: Fault) -> Response:
    code = _CODES.get(fault.trouble)
    if code is not None:
        return error(code, retry_after=fault.retry_after)
    if request.client is not None and fault.trouble in (Trouble.RESET_BEFORE, Trouble.RESET_AFTER):
        carrier.listener.reset((request.client.host, request.client.port))
    await gone(carrier.listener, request)
    return Response(status_code=499)  # nobody is left to read it


async def gone(listener: Listener, request: Request) -> None:
    """Returns when the client has hung up, or the server stops."""

    async def hung_up() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    waits = [
        asyncio.create_task(hung_up()),
        asyncio.create_task(listener.closing.wait()),
    ]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


def _knows(carrier: Carrier, account: str, request: Request) -> bool:
    """Basic auth: this account and its token."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    settings = carrier.accounts.get(account)
    if scheme.lower() != "basic" or settings is None:
        return False
    try:
        given = base64.b64decode(credentials, validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(given, f"{account}:{settings.token}".encode())


def _page(carrier: Carrier, account: str, request: Request) -> Response:
    """Newest first. `next_page_uri` is relative to the host, as in the real API."""
    query = request.query_params
    size = max(1, min(int(query.get("PageSize", "50")), 1000))
    page = int(query.get("Page", "0"))
    found = _found(carrier, account, query)
    shown = found[page * size : (page + 1) * size]
    kept = {name: value for name, value in query.items() if name not in ("Page", "PageSize")}

    def uri(number: int) -> str:
        return f"{request.url.path}?{urlencode({**kept, 'PageSize': size, 'Page': number})}"

    return JSONResponse(
        {
            "messages": [message.resource() for message in shown],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(shown) - 1, 0),
            "uri": uri(page),
            "first_page_uri": uri(0),
            "next_page_uri": uri(page + 1) if (page + 1) * size < len(found) else None,
            "previous_page_uri": uri(page - 1) if page else None,
        }
    )


def _found(carrier: Carrier, account: str, query: QueryParams) -> list[Message]:
    days = {
        name: datetime.fromisoformat(query[name]).date() for name in _DATE_FILTERS if name in query
    }
    return [
        message
        for message in reversed(carrier.mailbox.sent_to(account, query.get("To")))
        if _within(message, days) and query.get("From", message.sender) == message.sender
    ]


def _within(message: Message, filters: Mapping[str, date]) -> bool:
    """Filters see whole days; a text not sent yet counts by its creation."""
    day = (message.sent or message.created).date()
    return (
        day == filters.get("DateSent", day)
        and day >= filters.get("DateSent>", day)
        and day <= filters.get("DateSent<", day)
    )
