"""The provider's REST API for calls, and the sandbox's own for who picks up."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from sandbox.answering import Creation, Form, creating, error, knows
from sandbox.carrier import Carrier
from sandbox.faults import Fate, Fault
from sandbox.ledger import CallRequest, utc_now
from sandbox.messages import API, ERRORS
from sandbox.voice.callees import Callee, PicksUp
from sandbox.voice.calls import Call, Placed
from sandbox.voice.switchboard import NETWORKS, Switchboard
from sandbox.voice.twilio import check, new_sid, resource


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
            resource(call)
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
        """A person calls: person, to, and how they behave; answered when they have hung up.

        `shown`: as whose number; `headers`: a switch calls in SIP, with them on the line.
        """
        given = dict(await request.json())
        try:
            person, to = given.pop("person"), given.pop("to")
            shown, headers = given.pop("shown", None), dict(given.pop("headers", {}))
            callee = callee_of(given)
            call = await board.call_in(person, to, callee, shown=shown, headers=headers)
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
    def make(form: Form, fate: Fate) -> Creation[Placed]:
        check(form, carrier.accounts[account].numbers)
        call = _call(account, form)
        return Placed(call, resource(call)), board.place(call, fate=fate)

    return await creating(carrier, account, request, make=make, entry=entry)


def _call(account: str, form: Form) -> Call:
    now = utc_now()
    return Call(
        network=NETWORKS["twilio"],
        sid=new_sid(),
        account=account,
        person=form["To"],
        ours=form["From"],
        direction="outbound-api",
        url=form["Url"],
        fallback=form.get("FallbackUrl", ""),
        callback=form.get("StatusCallback", ""),
        detects="MachineDetection" in form,
        ring=int(form.get("Timeout", "60")),
        created=now,
        updated=now,
    )


def entry(
    account: str, form: Form, placed: Placed | None, code: int | None, fault: Fault | None
) -> CallRequest:
    """For the ledger: a request for a call, by whatever API it came."""
    return CallRequest(
        at=utc_now(),
        account=account,
        to=form.get("To", ""),
        sender=form.get("From", ""),
        accepted=placed is not None,
        status=ERRORS[code][0] if code else None if fault else 201,
        reference=placed.call.callback.rpartition("/")[2] if placed else "",
        sid=placed.call.sid if placed else None,
        code=code,
        fault=fault.trouble.value if fault else None,
    )
