"""REST: first-contact resolution."""

from typing import Annotated

from fastapi import APIRouter, Query

from analytics.endpoints.figures import Parts, ReadOwn, understood
from analytics.schemas.filters import FunnelFilter
from analytics.schemas.resolution import ResolutionBody, ResolutionGroupBody, ResolutionsBody

router = APIRouter(prefix="/v1", tags=["analytics"])


@router.get("/resolution")
async def read_resolution(
    who: ReadOwn, reports: Parts, wanted: Annotated[FunnelFilter, Query()]
) -> ResolutionsBody:
    """First-contact resolution: the share of calls whose caller did not call again in seven days.

    Of calls in that were connected, each put down to its own agent and queue. Calls of which it is
    not known yet, and those of unknown callers, are in no share and are told beside it.
    """
    asked = await understood(reports, who, wanted)
    found = await reports.resolution(asked.selection)
    return ResolutionsBody(
        **asked.range,
        by=wanted.by,
        resolution=ResolutionBody.of_calls(found.whole),
        groups=[
            ResolutionGroupBody(
                value=value, name=found.names.get(value), resolution=ResolutionBody.of_calls(one)
            )
            for value, one in (found.groups.items() if wanted.by else ())
        ],
    )
