"""The sandbox's own API: other processes set faults and accounts, and read the ledger."""

import dataclasses
from collections.abc import Mapping
from itertools import islice
from typing import Any

from fastapi import APIRouter, HTTPException, Request

from sandbox import faults, ledger, truth
from sandbox.carrier import Carrier
from sandbox.messages import Account

_TUPLES = ("numbers",)


def router(carrier: Carrier) -> APIRouter:
    """Routes under `/control`; none of them asks for credentials, as it is a sandbox."""
    routes = APIRouter(prefix="/control")

    @routes.get("/faults")
    async def read_faults() -> dict[str, Any]:
        return faults.to_json(carrier.faults)

    @routes.put("/faults")
    async def set_faults(request: Request) -> dict[str, Any]:
        try:
            carrier.faults = faults.from_json(await request.json())
        except (TypeError, ValueError, AttributeError) as error:
            raise HTTPException(422, str(error)) from None
        return faults.to_json(carrier.faults)

    @routes.put("/accounts/{sid}")
    async def set_account(sid: str, request: Request) -> dict[str, Any]:
        try:
            carrier.accounts[sid] = changed(carrier.accounts.get(sid), await request.json())
        except (TypeError, ValueError) as error:
            raise HTTPException(422, str(error)) from None
        return {"sid": sid}

    _add_views(routes, carrier)
    return routes


def _add_views(routes: APIRouter, carrier: Carrier) -> None:
    """What people see and write."""

    @routes.get("/ledger")
    async def read_ledger(since: int = 0, entry: str | None = None) -> dict[str, Any]:
        entries = [
            ledger.to_json(item)
            for item in islice(carrier.ledger, since, None)
            if entry in (None, type(item).__name__)
        ]
        return {"next": len(carrier.ledger), "pending": carrier.tasks.pending, "entries": entries}

    @routes.get("/truth")
    async def read_truth() -> dict[str, Any]:
        return dataclasses.asdict(truth.recompute(carrier.ledger.entries))

    @routes.post("/texts", status_code=201)
    async def write(request: Request) -> dict[str, Any]:
        """A person writes: person, to, body."""
        text = await request.json()
        try:
            sid = await carrier.receive(text["person"], text["to"], body=text["body"])
        except KeyError as error:
            raise HTTPException(422, f"missing or unknown: {error}") from None
        return {"sid": sid}


def changed(account: Account | None, fields: Mapping[str, Any]) -> Account:
    """The account with these fields; a new one needs its token. Raises TypeError, ValueError."""
    given: dict[str, Any] = {
        name: tuple(value) if name in _TUPLES else value for name, value in dict(fields).items()
    }
    return dataclasses.replace(account, **given) if account else Account(**given)
