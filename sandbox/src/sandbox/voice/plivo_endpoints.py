"""Plivo's REST API for calls. https://www.plivo.com/docs/voice/api/call/make-a-call"""

import json
import uuid

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.answering import Creation, Form, creating, knows
from sandbox.carrier import Carrier
from sandbox.faults import Fate
from sandbox.ledger import utc_now
from sandbox.messages import ERRORS, Refused, is_number
from sandbox.voice.calls import OVER, Call, Placed
from sandbox.voice.endpoints import entry
from sandbox.voice.plivo import record
from sandbox.voice.switchboard import NETWORKS

MOST_LISTED = 20
BAD = 21220  # Plivo has no numbers for what is wrong


def router(carrier: Carrier) -> APIRouter:
    """`/v1/Account/{account}/Call/`."""
    routes, path = APIRouter(prefix="/v1/Account/{account}"), "/Call/"

    @routes.get("/")
    async def read(account: str, request: Request) -> Response:
        if not knows(carrier, account, request):
            return refuse(20003)
        return JSONResponse({"api_id": str(uuid.uuid4()), "auth_id": account, "state": "active"})

    @routes.post(path)
    async def create(account: str, request: Request) -> Response:
        def make(form: Form, fate: Fate) -> Creation[Placed]:
            call = _call(carrier, account, form)
            answer = {"message": "call fired", "request_uuid": call.sid}
            answer |= {"api_id": str(uuid.uuid4())}
            return Placed(call, answer), carrier.switchboard.place(call, fate=fate)

        return await creating(
            carrier, account, request, make=make, entry=entry, read=_read, refuse=refuse
        )

    @routes.get(path)
    async def find(account: str, request: Request) -> Response:
        """Those that are over: others are told of by themselves."""
        if not knows(carrier, account, request):
            return refuse(20003)
        query = request.query_params
        found = [
            record(call)
            for call in reversed(carrier.switchboard.calls.values())
            if call.account == account and call.status in OVER
        ]
        wanted = {name: query[name] for name in ("from_number", "to_number") if name in query}
        shown = [one for one in found if all(one[name] == wanted[name] for name in wanted)]
        size = min(int(query.get("limit", "20")), MOST_LISTED)
        return JSONResponse({"api_id": str(uuid.uuid4()), "objects": shown[:size]})

    return routes


def refuse(code: int, *, retry_after: int | None = None) -> JSONResponse:
    """With words alone, as Plivo does."""
    status, text = ERRORS[code]
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse({"api_id": str(uuid.uuid4()), "error": text}, status, headers)


def _read(body: bytes) -> Form:
    """With both numbers also as others have them."""
    given = {name: str(value) for name, value in json.loads(body).items()}
    numbers = {"To": given.get("to", ""), "From": given.get("from", "")}
    return given | {name: f"+{number}" for name, number in numbers.items() if number}


def _call(carrier: Carrier, account: str, form: Form) -> Call:
    """Raises `Refused`."""
    to, ours = form.get("To", ""), form.get("From", "")
    numbers = carrier.accounts[account].numbers
    if not is_number(to) or not is_number(ours) or (numbers and ours not in numbers):
        raise Refused(BAD)
    urls = [form.get(f"{name}_url", "") for name in ("answer", "hangup", "fallback")]
    if not all(url.startswith(("http://", "https://")) for url in urls):
        raise Refused(BAD)
    if form.get("machine_detection", "true") not in ("true", "hangup"):
        raise Refused(BAD)
    now, ring = utc_now(), form.get("ring_timeout", "120")
    if not ring.isdecimal():
        raise Refused(BAD)
    return Call(
        network=NETWORKS["plivo"],
        sid=str(uuid.uuid4()),
        account=account,
        person=to,
        ours=ours,
        direction="outbound-api",
        url=urls[0],
        callback=urls[1],
        fallback=urls[2],
        detects="machine_detection" in form,
        drops_machines=form.get("machine_detection") == "hangup",
        ring=int(ring),
        created=now,
        updated=now,
    )
