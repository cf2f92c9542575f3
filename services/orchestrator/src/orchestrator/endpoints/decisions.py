"""Why was this call asked about, or not; and what became of the ask."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from common.errors import Problem
from common.events import decode
from common.events.decisions import Decision
from common.events.fact import in_full
from common.ids import interaction_id, step_id
from common.phone import masked
from orchestrator.domain.invitation import Status
from orchestrator.endpoints.access import Reader, Service
from orchestrator.repository import decisions, invitations

router = APIRouter()
_STEP_STATES = {Status.PENDING: "waiting", Status.CANCELLED: "cancelled"}  # else: with its sender


@router.get("/v1/decisions")
async def find_decision(
    parts: Service, who: Reader, source: str, call_id: str, workspace: str | None = None
) -> dict[str, Any]:
    """By the source's own name for the call."""
    own = who.workspace_or(workspace)
    return await _decision(parts, own, interaction_id(own, source, call_id))


@router.get("/v1/decisions/{interaction}")
async def read_decision(
    parts: Service, who: Reader, interaction: UUID, workspace: str | None = None
) -> dict[str, Any]:
    return await _decision(parts, who.workspace_or(workspace), interaction)


@router.get("/v1/invitations/{invitation}")
async def read_invitation(
    parts: Service, who: Reader, invitation: UUID, workspace: str | None = None
) -> dict[str, Any]:
    """Its plan and its state; `steps` says which tries there were."""
    async with parts.db.connection() as connection:
        row = await invitations.find(connection, who.workspace_or(workspace), invitation)
    if row is None:
        raise Problem(404, "No such invitation")
    shown = {
        name: value
        for name, value in row.items()
        if name not in ("event", "questionnaire", "leased_until")
    }
    decision = decode(row["event"], Decision).data
    step = {
        "id": step_id(invitation, 0),
        "number": 0,
        "kind": "ask",
        "channel": row["channel"],
        "due_at": decision.due_at,
        "state": _STEP_STATES.get(row["status"], "with_sender"),
    }
    plan = ("flow_version", "survey_id", "survey_version", "metric")
    return shown | {name: getattr(decision, name) for name in plan} | {"steps": [step]}


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
