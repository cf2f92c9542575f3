"""Why was this call asked about, or not; and what became of the ask."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query

from common.database import Row
from common.errors import Problem
from common.events import decode
from common.events.decisions import Decision
from common.events.fact import in_full
from common.events.sends import StepKind
from common.ids import interaction_id, step_id
from common.phone import masked
from common.process.openapi import Described, described
from orchestrator.domain import reminding
from orchestrator.domain.invitation import Status
from orchestrator.endpoints.access import Reader, Service, Workspace
from orchestrator.repository import decisions, invitations
from orchestrator.schemas.answers import DecisionBody, InvitationBody

router = APIRouter()
DECISION = Described(
    gives={200: DecisionBody}, problems={404: "Not decided, or not in this workspace."}
)
# Else: with its sender.
_STEP_STATES: Mapping[str, str] = {Status.PENDING: "waiting", Status.CANCELLED: "cancelled"}
_PLAN = ("flow_version", "survey_id", "survey_version", "metric")
_NOT_SHOWN = frozenset(
    {"event", "questionnaire", "leased_until"}
    | {"remind_after", "remind_at", "reminder", "reminder_reason"}  # `steps` has them
)


@router.get("/v1/decisions")
@described(DECISION)
async def find_decision(
    parts: Service,
    who: Reader,
    source: Annotated[str, Query(description="A configured source, or a CloudEvent's `source`.")],
    call_id: Annotated[str, Query(description="Its own name for the call, `data.id`.")],
    workspace: Workspace = None,
) -> dict[str, Any]:
    """By the source's own name for the call."""
    own = who.workspace_or(workspace)
    return await _decision(parts, own, interaction_id(own, source, call_id))


@router.get("/v1/decisions/{interaction}")
@described(DECISION)
async def read_decision(
    parts: Service,
    who: Reader,
    interaction: Annotated[UUID, Path(description="`interaction_id`, as intake answered it.")],
    workspace: Workspace = None,
) -> dict[str, Any]:
    """Every call has one: asked or not, and the facts that were used."""
    return await _decision(parts, who.workspace_or(workspace), interaction)


@router.get("/v1/invitations/{invitation}")
@described(Described(gives={200: InvitationBody}, problems={404: "No such invitation."}))
async def read_invitation(
    parts: Service,
    who: Reader,
    invitation: Annotated[UUID, Path(description="`invitation_id` of a decision.")],
    workspace: Workspace = None,
) -> dict[str, Any]:
    """Its plan and its state; `steps` says which tries there were."""
    async with parts.db.connection() as connection:
        row = await invitations.find(connection, who.workspace_or(workspace), invitation)
    if row is None:
        raise Problem(404, "No such invitation")
    shown = {name: value for name, value in row.items() if name not in _NOT_SHOWN}
    decision = decode(row["event"], Decision).data
    plan = {name: getattr(decision, name) for name in _PLAN}
    return shown | plan | {"steps": _steps(row, decision)}


def _steps(row: Row, decision: Decision) -> list[dict[str, Any]]:
    """The ask, and the reminder that there was, or is to come once the ask has gone out."""
    ask = _step(row, 0, row["status"]) | {"kind": StepKind.ASK, "due_at": decision.due_at}
    planned = row["remind_after"] and row["status"] in (Status.PENDING, Status.ASKED)
    if not (row["reminder"] or planned):
        return [ask]
    reminder = _step(row, reminding.NUMBER, row["reminder"] or Status.PENDING)
    about = {"due_at": row["remind_at"], "reason": row["reminder_reason"]}
    return [ask, reminder | {"kind": StepKind.REMINDER} | about]


def _step(row: Row, number: int, status: str) -> dict[str, Any]:
    return {
        "id": step_id(row["id"], number),
        "number": number,
        "channel": row["channel"],
        "state": _STEP_STATES.get(status, "with_sender"),
        "reason": row["reason"] if status == Status.CANCELLED else None,
    }


async def _decision(parts: Service, workspace: str, interaction: UUID) -> dict[str, Any]:
    async with parts.db.connection() as connection:
        row = await decisions.find(connection, workspace, interaction)
    if row is None:
        raise Problem(404, "No such decision", "Not decided, or not in this workspace.")
    shown: dict[str, Any] = in_full(decode(row["event"], Decision).data)
    told = shown["interaction"]
    told["address"] = told["address"] and masked(told["address"])
    told["linked"] = [masked(address) for address in told["linked"]]
    return shown | {"copies": row["copies"]}
