"""What a person may ask for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from closed_loop.endpoints.access import Workspace
from closed_loop.service.parts import Parts
from common.database.holdings import Held, known
from common.process.access import Caller, caller
from common.process.service import part

router = APIRouter()
Private = Annotated[Caller, Depends(caller("privacy"))]
Service = Annotated[Parts, Depends(part(Parts))]


@router.get("/v1/alerts/contacts/{contact}")
async def export_contact_messages(
    who: Private,
    parts: Service,
    contact: Annotated[UUID, Path(description="A `contact_id`.")],
    workspace: Workspace = None,
) -> Held:
    """All that is known here about a person, as the tables have it."""
    return known(await parts.erasing.held(who.workspace_or(workspace), contact))
