"""Contacts, and what they allow."""

from datetime import datetime
from operator import itemgetter
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request
from pydantic import Field

from common.errors import BadInput, Problem
from common.events import parse
from common.events.consent import ConsentChanged, ConsentState
from common.events.values import EARLIEST, TOLERANCE
from common.ids import contact_id, derived
from common.phone import UNREADABLE, masked, readable
from common.process.access import Caller
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.domain.consent import BITS, DOUBTS
from orchestrator.domain.contact import Contact
from orchestrator.endpoints.access import (
    ConsentWriter,
    Reader,
    Service,
    Workspace,
    signature,
)
from orchestrator.schemas.answers import ConsentRecorded, ContactBody, ImportBody, LedgerBody
from orchestrator.schemas.requests import ConsentBody, ContactSearch

router = APIRouter()
IMPORT_LIMIT = 8 * 1024 * 1024  # bytes
IMPORT_ROWS = 20_000
EXAMPLE = {
    "address": "+12025550101",
    "channel": "all",
    "state": "withdrawn",
    "occurred_at": "2026-01-05T10:20:00Z",
    "evidence": "asked the agent not to be texted",
}
STRANGER = "Nobody of that id was asked here so far; tell the address."
NO_CONTACT = {404: "No such contact."}
ContactId = Annotated[UUID, Path(description="A `contact_id`.")]


@router.post("/v1/contacts/find")
@described(
    Described(
        reads={JSON: ContactSearch},
        examples={JSON: {"address": "+12025550101"}},
        gives={200: ContactBody},
        problems=NO_CONTACT,
    )
)
async def find_contact(
    parts: Service, who: Reader, request: Request, workspace: Workspace = None
) -> dict[str, Any]:
    """By E.164 number or e-mail address; in a body, for URLs are written to logs."""
    own = who.workspace_or(workspace)
    told = parse(await json_of(request), ContactSearch, at="")
    readable = address_of(told.address, "address")
    return await _contact(parts, own, contact_id(parts.pepper, own, readable))


@router.get("/v1/contacts/{contact}")
@described(Described(gives={200: ContactBody}, problems=NO_CONTACT))
async def read_contact(
    parts: Service, who: Reader, contact: ContactId, workspace: Workspace = None
) -> dict[str, Any]:
    """What they allow, and what they were asked of late."""
    return await _contact(parts, who.workspace_or(workspace), contact)


@router.get("/v1/contacts/{contact}/consent")
@described(Described(gives={200: LedgerBody}, problems=NO_CONTACT))
async def read_ledger(
    parts: Service, who: Reader, contact: ContactId, workspace: Workspace = None
) -> dict[str, Any]:
    """Everything this contact ever allowed or forbade, newest first."""
    rows = await parts.contacts.ledger(who.workspace_or(workspace), contact)
    return {"contact_id": contact, "entries": [dict(row) for row in rows]}


@router.put("/v1/consent")
@described(
    Described(
        reads={JSON: ConsentBody},
        examples={JSON: EXAMPLE},
        gives={200: ConsentRecorded},
        problems={404: "`contact_id` is nobody who was asked in this workspace."},
    )
)
async def put_consent(
    parts: Service, who: ConsentWriter, request: Request, workspace: Workspace = None
) -> dict[str, Any]:
    """One change; the newest by `occurred_at` wins, whatever order they come in."""
    own = who.workspace_or(workspace)
    change, address = _change(await json_of(request), "", own, parts=parts, source="api", by=who)
    addresses = {change.contact_id: address} if address else {}
    if await parts.consent.record(own, [change], addresses=addresses):
        raise Problem(404, "No such contact", STRANGER)
    return {
        "id": change.id,
        "contact_id": change.contact_id,
        "channel": change.channel,
        "state": change.state,
        "occurred_at": change.occurred_at,
    }


@router.post("/v1/consent/import")
@described(
    Described(
        reads={JSON: Annotated[list[ConsentBody], Field(max_length=IMPORT_ROWS)]},
        examples={JSON: [EXAMPLE]},
        gives={200: ImportBody},
    )
)
async def import_consent(
    parts: Service, who: ConsentWriter, request: Request, workspace: Workspace = None
) -> dict[str, Any]:
    """A list of changes. Good rows are stored, the others are named with what is wrong."""
    own = who.workspace_or(workspace)
    rows = await json_of(request, limit=IMPORT_LIMIT)
    if not isinstance(rows, list) or len(rows) > IMPORT_ROWS:
        raise BadInput.at("", f"expected a list of at most {IMPORT_ROWS} changes")
    good: dict[UUID, ConsentChanged] = {}
    of_row: dict[int, UUID] = {}  # the change that it is
    addresses: dict[UUID, str] = {}
    errors: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        try:
            change, address = _change(row, "", own, parts=parts, source="import", by=who)
        except BadInput as bad:
            errors += [{"row": index, "field": e.field, "message": e.message} for e in bad.errors]
        else:
            good[change.id], of_row[index] = change, change.id
            if address:
                addresses[change.contact_id] = address
    strangers = await parts.consent.record(own, list(good.values()), addresses=addresses)
    unknown = [index for index, one in of_row.items() if good[one].contact_id in strangers]
    errors += [{"row": i, "field": "contact_id", "message": STRANGER} for i in unknown]
    stored = sum(change.contact_id not in strangers for change in good.values())
    return {"stored": stored, "errors": sorted(errors, key=itemgetter("row"))}


async def _contact(parts: Service, workspace: str, contact: UUID) -> dict[str, Any]:
    address, facts = await parts.contacts.find(workspace, contact)
    asks = [
        {"invitation_id": a.invitation_id, "at": a.at, "flow_id": a.flow, "metric": a.metric}
        for a in reversed(facts.asks)
    ]
    return {
        "id": contact,
        "workspace": workspace,
        "address": address and masked(address),
        "consent": _states(facts),
        "asks": asks,
        "erased_at": facts.erased_at,
        "linked": [
            {"id": one["id"], "address": one["address"] and masked(one["address"])}
            for one in await parts.linking.others(workspace, contact)
        ],
    }


def _states(facts: Contact) -> dict[str, str]:
    """What was said, per channel; a channel that is absent was never spoken of."""
    found = {}
    for channel, bit in BITS.items():
        if facts.withdrawn & bit:
            is_doubted = facts.withdrawn & bit << DOUBTS
            found[str(channel)] = "doubted" if is_doubted else "withdrawn"
        elif facts.granted & bit:
            found[str(channel)] = "granted"
    return found


def _change(
    body: object, at: str, workspace: str, *, parts: Service, source: str, by: Caller
) -> tuple[ConsentChanged, str | None]:
    """(the change, the address if told). Raises `BadInput`."""
    told = parse(body, ConsentBody, at=at)
    if (told.address is None) is (told.contact_id is None):
        raise BadInput.at("address", "say who: either address or contact_id")
    address = address_of(told.address, "address") if told.address else None
    who = contact_id(parts.pepper, workspace, address) if address else told.contact_id
    assert who is not None
    now = parts.clock()
    occurred_at = _occurred(told.occurred_at, now)
    change = ConsentChanged(
        id=derived("consent", who, told.channel, told.state, occurred_at.isoformat()),
        contact_id=who,
        channel=told.channel,
        state=ConsentState(told.state),
        occurred_at=occurred_at,
        source=source,
        evidence=f"{told.evidence} [{signature(by)}]".lstrip(),  # by whose key it was written
    )
    return change, address


def _occurred(told: datetime | None, now: datetime) -> datetime:
    if told is None:
        return now
    if not EARLIEST <= told <= now + TOLERANCE:
        raise BadInput.at("occurred_at", "must be after 1999 and not in the future")
    return told


def address_of(told: str, field: str) -> str:
    address = readable(told)
    if address is None:
        raise BadInput.at(field, UNREADABLE)
    return address
