"""People who are asked without a call: brought in parts, started, paused, dropped."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from common.events import parse
from common.process.openapi import JSON, Described, described
from common.process.web import json_of
from orchestrator.endpoints.access import ConfigWriter, Reader, Service, Workspace, signature
from orchestrator.schemas.audiences import (
    AudienceBody,
    AudienceChange,
    AudiencesBody,
    PeopleBody,
    PeopleTaken,
)

router = APIRouter(prefix="/v1/audiences")
LARGEST = 4 * 1024 * 1024  # bytes
NONE = {404: "No such audience."}
AudienceId = Annotated[
    str,
    Path(alias="audience", pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="What you call it."),
]
BRINGS = Described(
    reads={JSON: PeopleBody},
    examples={JSON: {"people": [{"address": "+12025550101", "name": "Ann"}], "region": "US"}},
    gives={200: PeopleTaken},
    problems={409: "The workspace has too many audiences, or this one too many people."},
)
CHANGES = Described(
    reads={JSON: AudienceChange},
    examples={JSON: {"state": "running", "per_hour": 500}},
    gives={200: AudienceBody},
    problems=NONE,
)


@router.get("")
@described(Described(gives={200: AudiencesBody}))
async def read_audiences(
    parts: Service, who: Reader, workspace: Workspace = None
) -> dict[str, Any]:
    """Which there are, the newest first: who waits, who was asked, and why others were not."""
    rows = await parts.audiences.all_of(who.workspace_or(workspace))
    return {"audiences": [shown(row) for row in rows]}


@router.get("/{audience}")
@described(Described(gives={200: AudienceBody}, problems=NONE))
async def read_audience(
    parts: Service, who: Reader, audience: AudienceId, workspace: Workspace = None
) -> dict[str, Any]:
    """How far it is."""
    return shown(await parts.audiences.find(who.workspace_or(workspace), audience))


@router.post("/{audience}/people")
@described(BRINGS)
async def bring_people(
    parts: Service,
    who: ConfigWriter,
    request: Request,
    audience: AudienceId,
    workspace: Workspace = None,
) -> dict[str, Any]:
    """Adds people; makes it, paused, where it is new. Who is in it is in it once, for good."""
    own = who.workspace_or(workspace)
    body = parse(await json_of(request, limit=LARGEST), PeopleBody, at="")
    stored, read = await parts.audiences.bring(
        own, audience, body.people, body.region, by=signature(who)
    )
    errors = [{"row": row, "message": message} for row, message in read.errors.items()]
    return {
        "stored": stored,
        "twice": read.twice + len(read.people) - stored,
        "errors": errors,
    }


@router.patch("/{audience}")
@described(CHANGES)
async def change_audience(
    parts: Service,
    who: ConfigWriter,
    request: Request,
    audience: AudienceId,
    workspace: Workspace = None,
) -> dict[str, Any]:
    """Starts it, pauses it, or changes its pace. What is asked already stays asked."""
    own = who.workspace_or(workspace)
    told = parse(await json_of(request), AudienceChange, at="")
    row = await parts.audiences.change(own, audience, state=told.state, per_hour=told.per_hour)
    return shown(row)


@router.delete("/{audience}", status_code=204)
@described(Described(problems=NONE))
async def drop_audience(
    parts: Service, who: ConfigWriter, audience: AudienceId, workspace: Workspace = None
) -> None:
    """Who waits in it is not asked, and forgotten."""
    await parts.audiences.drop(who.workspace_or(workspace), audience)


def shown(row: Any) -> dict[str, Any]:
    names = ("id", "state", "per_hour", "made_at", "made_by", "people", "waiting", "asked")
    return {**{name: row[name] for name in names}, "not_asked": row["not_asked"]}
