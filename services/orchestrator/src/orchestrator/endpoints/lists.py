"""Do-not-contact lists: replaced by a load of many parts, changed by a few addresses, read."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from common.events import parse
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.endpoints.access import ConsentWriter, Reader, Service, Workspace
from orchestrator.endpoints.access import signature as signed
from orchestrator.schemas.lists import (
    AddressesBody,
    AddressesTaken,
    EntriesBody,
    ListsBody,
    LoadFinished,
    LoadState,
    PartTaken,
)
from orchestrator.service.consent.do_not_contact import Added

router = APIRouter(prefix="/v1/do-not-contact")
LARGEST = 1024 * 1024  # bytes
PAGE = 10_000  # entries
ListId = Annotated[
    str,
    Path(alias="list", pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="What you call it."),
]
Load = Annotated[int, Path(ge=1, lt=2**63, description="`load`, as its beginning answered.")]
FULL = "The workspace has too many lists or loads, or the list too many entries."
NO_LOAD = "No such load is being brought."
TAKES = Described(
    reads={JSON: AddressesBody},
    examples={JSON: {"addresses": ["+12025550101", "ann@example.org"]}},
    gives={200: AddressesTaken},
    problems={409: FULL},
)
PART = {JSON: {"addresses": ["+12025550101"], "region": "US"}}
BEGINS = Described(
    reads={JSON: AddressesBody}, examples=PART, gives={201: PartTaken}, problems={409: FULL}
)
FILLS = Described(
    reads={JSON: AddressesBody},
    examples=PART,
    gives={200: PartTaken},
    problems={404: NO_LOAD, 409: FULL},
)
FINISHES = Described(
    reads={JSON: LoadState},
    examples={JSON: {"finished": True}},
    gives={200: LoadFinished},
    problems={404: NO_LOAD},
)
REMOVES = Described(
    reads={JSON: AddressesBody},
    examples={JSON: {"addresses": ["+12025550101"]}},
    gives={200: AddressesTaken},
    problems={404: "No such list."},
)


@router.get("")
@described(Described(gives={200: ListsBody}))
async def read_lists(parts: Service, who: Reader, workspace: Workspace = None) -> dict[str, Any]:
    """Which there are, and how many people are on each. Nobody on one is ever asked."""
    rows = await parts.lists.lists(who.workspace_or(workspace))
    return {"lists": [dict(row) for row in rows]}


@router.post("/{list}/loads", status_code=201)
@described(BEGINS)
async def begin_load(
    parts: Service, who: ConsentWriter, request: Request, name: ListId, workspace: Workspace = None
) -> dict[str, Any]:
    """Begins another version of the list with its first part; the list is as it was meanwhile.

    A load that is not finished within a day is cleared away.
    """
    own, body = who.workspace_or(workspace), await _addresses(request)
    load = await parts.lists.begin(own, name)
    added = await parts.lists.fill(own, name, load, body.addresses, body.region)
    return {"load": load, **_taken(added)}


@router.post("/{list}/loads/{load}")
@described(FILLS)
async def fill_load(
    parts: Service,
    who: ConsentWriter,
    request: Request,
    name: ListId,
    load: Load,
    workspace: Workspace = None,
) -> dict[str, Any]:
    """Adds a part. Good addresses are stored, the others are named with what is wrong."""
    own, body = who.workspace_or(workspace), await _addresses(request)
    added = await parts.lists.fill(own, name, load, body.addresses, body.region)
    return {"load": load, **_taken(added)}


@router.patch("/{list}/loads/{load}")
@described(FINISHES)
async def finish_load(
    parts: Service,
    who: ConsentWriter,
    request: Request,
    name: ListId,
    load: Load,
    workspace: Workspace = None,
) -> dict[str, int]:
    """It takes the place of the list, as a whole; asks that are not out yet are cancelled."""
    own = who.workspace_or(workspace)
    parse(await json_of(request), LoadState, at="")
    return {"entries": await parts.lists.finish(own, name, load, by=signed(who))}


@router.post("/{list}/entries")
@described(TAKES)
async def add_entries(
    parts: Service, who: ConsentWriter, request: Request, name: ListId, workspace: Workspace = None
) -> dict[str, Any]:
    """Adds some to the list as it is, or makes it. They hold once this is answered."""
    own = who.workspace_or(workspace)
    body = await _addresses(request)
    added = await parts.lists.add(own, name, body.addresses, body.region, by=signed(who))
    return _taken(added)


@router.post("/{list}/removals")
@described(REMOVES)
async def remove_entries(
    parts: Service, who: ConsentWriter, request: Request, name: ListId, workspace: Workspace = None
) -> dict[str, Any]:
    """Takes some off the list; what they said themselves stays as it is."""
    own = who.workspace_or(workspace)
    body = await _addresses(request)
    return _taken(await parts.lists.remove(own, name, body.addresses, body.region))


@router.get("/{list}/entries")
@described(Described(gives={200: EntriesBody}, problems={404: "No such list."}))
async def read_entries(
    parts: Service,
    who: ConsentWriter,
    name: ListId,
    cursor: Annotated[UUID | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE, description="Entries of a page.")] = PAGE,
    workspace: Workspace = None,
) -> dict[str, Any]:
    """Who is on it, with whole addresses: for who may write it."""
    own = who.workspace_or(workspace)
    rows = await parts.lists.page(own, name, after=cursor, limit=limit)
    more = rows[-1]["contact_id"] if len(rows) == limit else None
    return {"entries": [dict(row) for row in rows], "next_cursor": more}


@router.delete("/{list}", status_code=204)
@described(Described(problems={404: "No such list."}))
async def drop_list(
    parts: Service, who: ConsentWriter, name: ListId, workspace: Workspace = None
) -> None:
    """Nobody is on it any more."""
    await parts.lists.drop(who.workspace_or(workspace), name)


async def _addresses(request: Request) -> AddressesBody:
    body: AddressesBody = parse(await json_of(request, limit=LARGEST), AddressesBody, at="")
    return body


def _taken(added: Added) -> dict[str, Any]:
    errors = [{"row": row, "message": message} for row, message in added.errors.items()]
    return {"stored": added.stored, "errors": errors}
