"""The carrier's REST API for messages, and what faults do to its answers."""

from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import QueryParams

from sandbox import control as controlling
from sandbox.answering import CODES, Creation, Form, creating, error, knows
from sandbox.carrier import Carrier
from sandbox.faults import Fate, Fault
from sandbox.ledger import CreateRequest, utc_now
from sandbox.messages import API, ERRORS, Message
from sandbox.voice import endpoints as voice
from sandbox.voice import plivo_endpoints as plivo
from sandbox.whatsapp import content_endpoints as contents

_DATE_FILTERS = ("DateSent", "DateSent<", "DateSent>")


def application(carrier: Carrier, *, control: bool = True) -> FastAPI:
    """The carrier's API and, with `control`, the sandbox's own under `/control`."""
    app = FastAPI(title="Sandbox carrier", docs_url=None, redoc_url=None, openapi_url=None)
    path = f"{API}/{{account}}/Messages"

    @app.post(f"{path}.json")
    async def create(account: str, request: Request) -> Response:
        return await _create(carrier, account, request)

    @app.get(f"{path}.json")
    async def find(account: str, request: Request) -> Response:
        if not knows(carrier, account, request):
            return error(20003)
        return _page(carrier, account, request)

    @app.get(f"{path}/{{sid}}.json")
    async def fetch(account: str, sid: str, request: Request) -> Response:
        if not knows(carrier, account, request):
            return error(20003)
        message = carrier.mailbox.get(sid)
        if message is None or message.account != account:
            return error(20404)
        return JSONResponse(message.resource())

    app.include_router(voice.router(carrier))
    app.include_router(plivo.router(carrier))
    app.include_router(contents.router(carrier))
    if control:
        app.include_router(controlling.router(carrier))
    return app


async def _create(carrier: Carrier, account: str, request: Request) -> Response:
    def make(form: Form, fate: Fate) -> Creation[Message]:
        return carrier.accept(account, form, fate=fate)

    return await creating(carrier, account, request, make=make, entry=_entry)


def _entry(
    account: str, form: Form, message: Message | None, code: int | None, fault: Fault | None
) -> CreateRequest:
    if fault is not None:
        code = CODES.get(fault.trouble)
    validity = form.get("ValidityPeriod", "")
    return CreateRequest(
        at=utc_now(),
        account=account,
        to=form.get("To", ""),
        sender=message.sender if message else form.get("From", ""),
        body=message.body if message else form.get("Body", ""),
        accepted=message is not None,
        status=ERRORS[code][0] if code else None if fault else 201,
        status_callback=form.get("StatusCallback", ""),
        reference=form.get("StatusCallback", "").rpartition("/")[2],
        validity=int(validity) if validity.isdigit() else None,
        sid=message.sid if message else None,
        code=code,
        fault=fault.trouble.value if fault else None,
    )


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
