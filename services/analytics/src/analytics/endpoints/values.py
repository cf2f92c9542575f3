"""REST: what there is to filter by."""

from typing import Annotated

from fastapi import APIRouter, Query

from analytics.endpoints.figures import Parts, ReadOwn
from analytics.schemas.filters import Days
from analytics.schemas.values import ValueBody, ValuesBody
from analytics.service.values import values_of
from common.errors import BadInput

router = APIRouter(prefix="/v1", tags=["analytics"])


@router.get("/values")
async def read_values(who: ReadOwn, reports: Parts, wanted: Annotated[Days, Query()]) -> ValuesBody:
    """Values that calls had in the months of these days, by the parameter that filters by them.

    Supervisors and agents are told those of the calls that they see.
    """
    workspace = who.workspace_or(wanted.workspace)
    zone = await reports.zone(workspace)
    if zone is None:
        raise BadInput.at("query.workspace", "no such workspace")
    first, last = wanted.days(reports.today(zone))
    found = await values_of(reports, workspace, first, last, who.sight)
    return ValuesBody(
        workspace=workspace,
        first=first,
        last=last,
        values={
            name: [
                ValueBody(value=one, name=found.names.get(one) if name == "agent" else None)
                for one in values
            ]
            for name, values in found.of.items()
        },
    )
