"""What a person may ask for: to be told what is known of them, and to be forgotten."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request

from common.events import parse
from common.ids import contact_id
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from common.topics import SERVED
from orchestrator.endpoints.access import Privacy, Reader, Service, Workspace, signature
from orchestrator.endpoints.consent import NO_CONTACT, ContactId, address_of
from orchestrator.schemas.answers import ErasureBody, ExportBody
from orchestrator.schemas.requests import ContactSearch
from orchestrator.service.erasing.erasures import Erasure

router = APIRouter()
ELSEWHERE = {  # service -> where it says what it holds about a contact
    "analytics": "/v1/export/contacts/{contact}",
    "closed-loop": "/v1/alerts/contacts/{contact}",
    "ingest": "/v1/events/contacts/{contact}",
    **{service: f"/v1/{channel}/contacts/{{contact}}" for channel, service in SERVED.items()},
}


@router.delete("/v1/contacts/{contact}", status_code=202)
@described(Described(gives={202: ErasureBody}, problems=NO_CONTACT))
async def erase_contact(
    parts: Service, who: Privacy, contact: ContactId, workspace: Workspace = None
) -> dict[str, Any]:
    """Everything about them is deleted, by every service; opt-outs and figures stay."""
    own = who.workspace_or(workspace)
    return _shown(await parts.erasures.erase(own, contact, by=signature(who)))


@router.post("/v1/contacts/erase", status_code=202)
@described(
    Described(
        reads={JSON: ContactSearch},
        examples={JSON: {"address": "+12025550101"}},
        gives={202: ErasureBody},
    )
)
async def erase_address(
    parts: Service, who: Privacy, request: Request, workspace: Workspace = None
) -> dict[str, Any]:
    """The same by E.164 number or e-mail address; in a body, for URLs are written to logs."""
    own = who.workspace_or(workspace)
    told = parse(await json_of(request), ContactSearch, at="")
    contact = contact_id(parts.pepper, own, address_of(told.address, "address"))
    return _shown(await parts.erasures.erase(own, contact, by=signature(who), known=False))


@router.get("/v1/erasures/{erasure}")
@described(Described(gives={200: ErasureBody}, problems={404: "No such erasure."}))
async def read_erasure(
    parts: Service,
    who: Reader,
    erasure: Annotated[UUID, Path(description="`id`, as it was answered.")],
    workspace: Workspace = None,
) -> dict[str, Any]:
    """Which services have deleted what they held; `done_at`: when the last one had."""
    return _shown(await parts.erasures.find(who.workspace_or(workspace), erasure))


@router.post("/v1/contacts/export")
@described(
    Described(
        reads={JSON: ContactSearch},
        examples={JSON: {"address": "+12025550101"}},
        gives={200: ExportBody},
    )
)
async def export_contact(
    parts: Service, who: Privacy, request: Request, workspace: Workspace = None
) -> dict[str, Any]:
    """What this service holds about a person, and where the others say what they hold."""
    own = who.workspace_or(workspace)
    told = parse(await json_of(request), ContactSearch, at="")
    contact = contact_id(parts.pepper, own, address_of(told.address, "address"))
    found = await parts.contacts.held(own, contact)
    elsewhere = {name: path.format(contact=contact) for name, path in ELSEWHERE.items()}
    return {**asdict(found), "elsewhere": elsewhere}


def _shown(erasure: Erasure) -> dict[str, Any]:
    return {
        "id": erasure.id,
        "contact_id": erasure.contact_id,
        "erased_at": erasure.erased_at,
        "asked_by": erasure.asked_by,
        "done_at": erasure.done_at,
        "services": [{"name": name, "done_at": at} for name, at in erasure.services.items()],
        "linked": dict(erasure.linked),
    }
