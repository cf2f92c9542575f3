"""Why was this call asked about, or not; and what became of the ask."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from msgspec import structs

from common.events.fact import in_full
from common.events.reasons import REASONS
from common.ids import interaction_id, note_id, step_id
from common.phone import masked
from common.phone.texts import without_numbers
from common.process.openapi import Described, described
from common.process.sight import Sight
from orchestrator.domain.channel_plan import InvitationStatus
from orchestrator.domain.explaining import data_of, sentence
from orchestrator.domain.invitation import Planned
from orchestrator.endpoints.access import ReaderOfOwn, Service, Workspace
from orchestrator.schemas.answers import DecisionBody, InvitationBody

router = APIRouter()
DECISION = Described(
    gives={200: DecisionBody}, problems={404: "Not decided, or not in this workspace."}
)
_OF_DECISION = ("flow_version", "survey_id", "survey_version", "metric")
_PLANNED = "planned"  # the state of a step whose turn may come


@router.get("/v1/decisions")
@described(DECISION)
async def find_decision(
    parts: Service,
    who: ReaderOfOwn,
    source: Annotated[str, Query(description="A configured source, or a CloudEvent's `source`.")],
    call_id: Annotated[str, Query(description="Its own name for the call, `data.id`.")],
    workspace: Workspace = None,
) -> dict[str, Any]:
    """By the source's own name for the call."""
    own = who.workspace_or(workspace)
    return await _decision(parts, own, interaction_id(own, source, call_id), who.sight)


@router.get("/v1/decisions/{interaction}")
@described(DECISION)
async def read_decision(
    parts: Service,
    who: ReaderOfOwn,
    interaction: Annotated[UUID, Path(description="`interaction_id`, as intake answered it.")],
    workspace: Workspace = None,
) -> dict[str, Any]:
    """Every call has one: asked or not, and the facts that were used."""
    return await _decision(parts, who.workspace_or(workspace), interaction, who.sight)


@router.get("/v1/invitations/{invitation}")
@described(Described(gives={200: InvitationBody}, problems={404: "No such invitation."}))
async def read_invitation(
    parts: Service,
    who: ReaderOfOwn,
    invitation: Annotated[UUID, Path(description="`invitation_id` of a decision.")],
    workspace: Workspace = None,
) -> dict[str, Any]:
    """Its plan and its state; `steps` says which tries there were, and which may follow."""
    own = who.workspace_or(workspace)
    planned, decision = await parts.decisions.invitation(own, invitation, sight=who.sight)
    course = planned.course
    shown = structs.asdict(planned.invitation)
    del shown["plan"], shown["questionnaire"]
    state = {"status": course.status, "reason": course.reason, "stopped": course.stopped}
    of_decision = {name: getattr(decision, name) for name in _OF_DECISION}
    steps = sorted([*_tries(planned), *_to_come(planned)], key=itemgetter("number"))
    return shown | state | of_decision | {"steps": steps, "note": _note(planned)}


def _note(planned: Planned) -> dict[str, Any] | None:
    if planned.note is None:
        return None
    return {"id": note_id(planned.invitation.id), "channel": planned.note}


def _tries(planned: Planned) -> Iterator[dict[str, Any]]:
    for step in planned.course.steps:
        yield structs.asdict(step) | {"id": step_id(planned.invitation.id, step.number)}


def _to_come(planned: Planned) -> Iterator[dict[str, Any]]:
    """Steps of the plan that nothing became of so far, unless the plan is over."""
    course = planned.course
    if course.stopped or course.status not in (InvitationStatus.PENDING, InvitationStatus.ASKED):
        return
    last = max(step.number for step in course.steps)
    for number, step in enumerate(course.plan.steps):
        if number > last:
            yield {
                "id": step_id(planned.invitation.id, number),
                "number": number,
                "kind": None,
                "channel": step.channel,
                "state": _PLANNED,
                "reason": None,
                "due_at": None,
                "send_by": None,
                "sent_at": None,
            }


async def _decision(
    parts: Service, workspace: str, interaction: UUID, sight: Sight | None
) -> dict[str, Any]:
    decision, told = await parts.decisions.find(workspace, interaction, sight=sight)
    shown: dict[str, Any] = in_full(decision)
    about = shown["interaction"]
    about["address"] = about["address"] and masked(about["address"])
    about["linked"] = [masked(address) for address in about["linked"]]
    if sight is not None:  # a source may tell a number in what it likes
        free = about["attributes"].items()
        about["attributes"] = {name: without_numbers(str(value)) for name, value in free}
    shown["findings"] = [
        body | {"words": REASONS[one.guard], "data": data_of(one)}
        for body, one in zip(shown["findings"], decision.findings, strict=True)
    ]
    words = sentence(decision)
    return shown | {"words": words, "copies": told.copies, "differing": told.differing}
