"""What a person may ask for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from common.database.holdings import Held, known
from common.process.access import Caller, caller
from common.process.service import part
from ingest.service import Intake

router = APIRouter()
Private = Annotated[Caller, Depends(caller("privacy"))]
Parts = Annotated[Intake, Depends(part(Intake))]


@router.get("/v1/events/contacts/{contact}")
async def export_contact_parts(
    who: Private,
    intake: Parts,
    contact: Annotated[UUID, Path(description="A `contact_id`.")],
    workspace: Annotated[
        str | None, Query(description="Whose it is; needed with an operator's key, else not.")
    ] = None,
) -> Held:
    """All that is kept here about a person, as the tables have it."""
    return known(await intake.erasing.held(who.workspace_or(workspace), contact))
