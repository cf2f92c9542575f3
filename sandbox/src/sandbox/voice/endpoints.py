"""The provider's REST API for calls, and the sandbox's own for who picks up."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from sandbox.answering import error, knows, spoil
from sandbox.carrier import Carrier
from sandbox.faults import AFTER, Fault
from sandbox.ledger import CallRequest, utc_now
from sandbox.messages import API, ERRORS, Refused
from sandbox.voice.callees import Callee, PicksUp
from sandbox.voice.calls import Call
from sandbox.voice.switchboard import Switchboard


def router(carrier: Carrier) -> APIRouter:
    """`/2010-04-01/Accounts/{account}/Calls` and `/control/{callees,calls}`."""
    routes, board = APIRouter(), carrier.switchboard
    path = f"{API}/{{account}}/Calls"

    @routes.post(f"{path}.json")
    async def create(account: str, request: Request) -> Response:
        return await _create(carrier, board, account, request)

    @routes.get(f"{path}.json")
    async def find(account: str, request: Request) -> Response:
        if not knows(carrier, account, request):
            return error(20003)
        query = request.query_params
        size = max(1, min(int(query.get("PageSize", "50")), 1000))
        found = [
            call.resource()
            for call in reversed(board.calls.values())
            if call.account == account
            and query.get("To", call.called) == call.called
            and query.get("From", call.caller) == call.caller
        ]
        return JSONResponse({"calls": found[:size], "page": 0, "page_size": size})

    @routes.put("/control/callees/{number}")
    async def set_callee(number: str, request: Request) -> dict[str, Any]:
        try:
            board.callees[number] = callee_of(await request.json())
        except (TypeError, ValueError) as wrong:
            raise HTTPException(422, str(wrong)) from None
        return {"number": number}

    @routes.post("/control/calls", status_code=201)
    async def call_in(request: Request) -> dict[str, Any]:
        """A person calls: person, to, and how they behave; answered when they have hung up."""
        given = dict(await request.json())
        try:
            person, to = given.pop("person"), given.pop("to")
            call = await board.call_in(person, to, callee_of(given))
        except (KeyError, TypeError, ValueError) as wrong:
            raise HTTPException(422, f"missing or unknown: {wrong}") from None
        return {"sid": call.sid}

    return routes


def callee_of(fields: Mapping[str, Any]) -> Callee:
    """Raises TypeError, ValueError."""
    given = dict(fields)
    if "picks_up" in given:
        given["picks_up"] = PicksUp(given["picks_up"])
    if given.get("keys") is not None:
        given["keys"] = tuple(str(key) for key in given["keys"])
    return Callee(**given)


async def _create(carrier: Carrier, board: Switchboard, account: str, request: Request) -> Response:
    form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    fate = carrier.draws.fate(account, form.get("To", ""))
    if fate.latency:
        await asyncio.sleep(fate.latency)
    fault = fate.answer
    if fault is not None and fault.trouble not in AFTER:
        carrier.ledger.add(_entry(account, form, fault=fault))
        return await spoil(carrier, request, fault)
    if not knows(carrier, account, request):
        carrier.ledger.add(_entry(account, form, code=20003))
        return error(20003)
    try:
        call = board.place(account, form, fate=fate)
    except Refused as refused:
        carrier.ledger.add(_entry(account, form, code=refused.code))
        return error(refused.code)
    carrier.ledger.add(_entry(account, form, call=call, fault=fault))
    if fault is not None:
        return await spoil(carrier, request, fault)
    return JSONResponse(call.resource(), 201)


def _entry(
    account: str,
    form: Mapping[str, str],
    *,
    call: Call | None = None,
    code: int | None = None,
    fault: Fault | None = None,
) -> CallRequest:
    return CallRequest(
        at=utc_now(),
        account=account,
        to=form.get("To", ""),
        sender=form.get("From", ""),
        accepted=call is not None,
        status=ERRORS[code][0] if code else None if fault else 201,
        sid=call.sid if call else None,
        code=code,
        fault=fault.trouble.value if fault else None,
    )
