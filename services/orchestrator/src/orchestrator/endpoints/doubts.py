"""What may have been an opt-out, and nobody looked at it yet."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request

from common.events import parse
from common.phone import masked
from common.process.openapi import JSON, Described, described
from common.process.paging import Cursor
from common.process.web import json_of
from orchestrator.endpoints.access import (
    ConsentWriter,
    Reader,
    Service,
    Workspace,
    signature,
)
from orchestrator.schemas.answers import ConsentRecorded, DoubtsBody
from orchestrator.schemas.requests import DoubtDecision

router = APIRouter()


@router.get("/v1/doubts")
@described(Described(gives={200: DoubtsBody}))
async def read_doubts(
    parts: Service,
    who: Reader,
    workspace: Workspace = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Rows of a page.")] = 100,
) -> dict[str, Any]:
    """People who may have said no, newest first: they are not asked until somebody decides."""
    own = who.workspace_or(workspace)
    rows, following = await parts.doubts.open(own, cursor=cursor, limit=limit)
    shown = [
        {**row, "workspace": own, "address": row["address"] and masked(row["address"])}
        for row in rows
    ]
    return {"doubts": shown, "next_cursor": following}


@router.patch("/v1/doubts/{doubt}")
@described(
    Described(
        reads={JSON: DoubtDecision},
        examples={JSON: {"opted_out": False, "evidence": "complained about the bus stop"}},
        gives={200: ConsentRecorded},
        problems={404: "No such doubt.", 409: "It is not open any more."},
    )
)
async def decide_doubt(
    parts: Service,
    who: ConsentWriter,
    request: Request,
    doubt: Annotated[UUID, Path(description="Its `id` in the list.")],
    workspace: Workspace = None,
) -> dict[str, Any]:
    """It was an opt-out, or it was none: then what held before it holds again."""
    own = who.workspace_or(workspace)
    told = parse(await json_of(request), DoubtDecision, at="")
    verdict = "an opt-out" if told.opted_out else "no opt-out"
    said = f": {told.evidence}" if told.evidence else ""
    change = await parts.doubts.decide(
        own,
        doubt,
        opted_out=told.opted_out,
        evidence=f"looked at: {verdict}{said} [{signature(who)}]",  # by whom
    )
    return {
        "id": change.id,
        "contact_id": change.contact_id,
        "channel": change.channel,
        "state": change.state,
        "occurred_at": change.occurred_at,
    }
