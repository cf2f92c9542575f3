"""Addresses that are one person's, as somebody says."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from common.database import Row
from common.errors import BadInput
from common.events import parse
from common.ids import contact_id, person_id
from common.phone import masked
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.endpoints.access import ConsentWriter, Service, Workspace
from orchestrator.endpoints.consent import NO_CONTACT, address_of
from orchestrator.schemas.answers import LinkedBody, PersonBody
from orchestrator.schemas.requests import ContactSearch, LinkBody

router = APIRouter()
OFF = {409: "The workspace's document does not say `link_customers: true`."}
EXAMPLE = {"addresses": ["+12025550101", "ann@example.com"], "customer_id": "c-4711"}


@router.post("/v1/contacts/link")
@described(
    Described(
        reads={JSON: LinkBody}, examples={JSON: EXAMPLE}, gives={200: PersonBody}, problems=OFF
    )
)
async def link_contacts(
    parts: Service, who: ConsentWriter, request: Request, workspace: Workspace = None
) -> dict[str, Any]:
    """They, and whoever is linked to one of them, count as one person."""
    own = who.workspace_or(workspace)
    told = parse(await json_of(request), LinkBody, at="")
    addresses: dict[UUID, str] = {}
    for index, one in enumerate(told.addresses):
        address = address_of(one, f"addresses.{index}")
        addresses[contact_id(parts.pepper, own, address)] = address
    if len(addresses) < 2 and told.customer_id is None:
        raise BadInput.at("addresses", "name two, or one and its `customer_id`")
    person = person_id(parts.pepper, own, told.customer_id) if told.customer_id else None
    return {"contacts": shown(await parts.linking.link(own, addresses, person))}


@router.post("/v1/contacts/unlink")
@described(
    Described(
        reads={JSON: ContactSearch},
        examples={JSON: {"address": "+12025550101"}},
        gives={200: LinkedBody},
        problems={**NO_CONTACT, **OFF},
    )
)
async def unlink_contact(
    parts: Service, who: ConsentWriter, request: Request, workspace: Workspace = None
) -> dict[str, Any]:
    """This address is nobody else's, whatever sources tell from now on."""
    own = who.workspace_or(workspace)
    told = parse(await json_of(request), ContactSearch, at="")
    address = address_of(told.address, "address")
    contact = contact_id(parts.pepper, own, address)
    await parts.linking.unlink(own, contact)
    return {"id": contact, "address": masked(address)}


def shown(rows: list[Row]) -> list[dict[str, Any]]:
    """As they may be read."""
    return [{"id": row["id"], "address": row["address"] and masked(row["address"])} for row in rows]
