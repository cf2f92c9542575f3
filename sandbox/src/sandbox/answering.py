"""What every API of the carrier answers with: errors, faults on request, who may ask."""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from sandbox.carrier import Carrier
from sandbox.faults import AFTER, Fate, Fault, Trouble
from sandbox.ledger import Entry
from sandbox.messages import ERRORS, Refused
from sandbox.server import Listener

Form = Mapping[str, str]
EARLY_WAIT = 5.0  # seconds a create request waits for its callbacks (fault `early`)


class Resource(Protocol):
    """What the REST API makes."""

    def resource(self) -> dict[str, Any]: ...


M = TypeVar("M", bound=Resource)
Creation = tuple[M, "asyncio.Task[None] | None"]
CODES = {
    Trouble.THROTTLED: 20429,
    Trouble.UNAUTHORIZED: 20003,
    Trouble.ERROR_BEFORE: 20500,
    Trouble.ERROR_AFTER: 20500,
}


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


def form_of(body: bytes) -> Form:
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


class Refusing(Protocol):
    """How an API words an error; the code is Twilio's."""

    def __call__(self, code: int, *, retry_after: int | None = None) -> Response: ...


async def creating(
    carrier: Carrier,
    account: str,
    request: Request,
    *,
    make: Callable[[Form, Fate], Creation[M]],
    entry: Callable[[str, Form, M | None, int | None, Fault | None], Entry],
    read: Callable[[bytes], Form] = form_of,
    refuse: Refusing = error,
) -> Response:
    """A request that makes a message or a call, with the trouble that it is to have.

    `make` raises `Refused`; its task ends with the last callback. `entry`: for the ledger, of what
    was made, else of the error's code or the fault.
    """
    form = read(await request.body())
    fate = carrier.draws.fate(account, form.get("To", ""))
    if fate.latency:
        await asyncio.sleep(fate.latency)
    fault = fate.answer
    if fault is not None and fault.trouble not in AFTER:
        carrier.ledger.add(entry(account, form, None, None, fault))
        return await spoil(carrier, request, fault, refuse)
    if not knows(carrier, account, request):
        carrier.ledger.add(entry(account, form, None, 20003, None))
        return refuse(20003)
    try:
        made, callbacks = make(form, fate)
    except Refused as refused:
        carrier.ledger.add(entry(account, form, None, refused.code, None))
        return refuse(refused.code)
    resource = made.resource()
    carrier.ledger.add(entry(account, form, made, None, fault))
    if fate.early and callbacks is not None:
        await asyncio.wait([callbacks], timeout=EARLY_WAIT)
    if fault is not None:
        return await spoil(carrier, request, fault, refuse)
    return JSONResponse(resource, 201)


async def spoil(
    carrier: Carrier, request: Request, fault: Fault, refuse: Refusing = error
) -> Response:
    code = CODES.get(fault.trouble)
    if code is not None:
        return refuse(code, retry_after=fault.retry_after)
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


def knows(carrier: Carrier, account: str, request: Request) -> bool:
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
