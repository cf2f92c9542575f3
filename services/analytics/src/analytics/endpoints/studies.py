"""REST: what takes a while to reckon is asked, and read when it is done."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from analytics.domain.studying import Study
from analytics.endpoints.figures import Parts, understood
from analytics.schemas.filters import Value
from analytics.schemas.studies import StudiesBody, StudyBody, StudyFilter
from analytics.service.studies import Studies
from common.errors import Problem
from common.process.access import Caller, caller
from common.process.openapi import Described, described

router = APIRouter(prefix="/v1/studies", tags=["analytics"])
Read = Annotated[Caller, Depends(caller("read"))]
Workspace = Annotated[Value | None, Query(description="Only for keys of the operator")]


@router.post("/{kind}", status_code=202)
@described(Described(gives={202: StudyBody}, problems={429: "Too many of the workspace wait."}))
async def ask_study(
    who: Read,
    reports: Parts,
    wanted: Annotated[StudyFilter, Query()],
    kind: Annotated[Study, Path(description="What is studied.")],
) -> StudyBody:
    """Drivers: which facts of calls go with their scores. Ranking: groups, shrunken to the mean.

    Reckoned in the background: `GET /v1/studies/{id}` says how far it is.
    """
    asked = await understood(reports, who, wanted)
    selection = wanted.asked(kind, asked.selection.workspace, reports.today(asked.zone))
    row = await Studies(reports).ask(selection.workspace, kind, selection)
    return StudyBody.of(row, sees_all=asked.sees_all)


@router.get("")
async def read_studies(
    who: Read,
    reports: Parts,
    workspace: Workspace = None,
    limit: Annotated[int, Query(ge=1, le=100, description="How many")] = 20,
) -> StudiesBody:
    """The newest studies of the workspace."""
    rows = await Studies(reports).newest(who.workspace_or(workspace), limit)
    sees_all = "admin" in who.scopes
    return StudiesBody(studies=[StudyBody.of(row, sees_all=sees_all) for row in rows])


@router.get("/{study}")
@described(Described(gives={200: StudyBody}, problems={404: "No such study."}))
async def read_study(
    who: Read,
    reports: Parts,
    study: Annotated[UUID, Path(description="`id`, as it was answered.")],
    workspace: Workspace = None,
) -> StudyBody:
    """How far it is, and its result once it is done."""
    row = await Studies(reports).find(who.workspace_or(workspace), study)
    if row is None:
        raise Problem(404, "No such study")
    return StudyBody.of(row, sees_all="admin" in who.scopes)
