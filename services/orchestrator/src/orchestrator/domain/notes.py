"""Whether somebody who answered on the telephone is told more in writing, and what. Pure."""

from datetime import datetime, timedelta

from common import dialogue
from common.config.links import variable
from common.events.decisions import Decision
from common.events.questionnaire import Questionnaire, band_of
from common.events.responses import Response, ResponseState
from common.events.sends import Note
from common.events.values import Channel
from common.ids import note_id
from common.render import variables_of
from orchestrator.domain.compiled import CompiledWorkspace
from orchestrator.domain.contact import Contact
from orchestrator.domain.freeze import variables
from orchestrator.domain.invitation import Invitation
from orchestrator.domain.recheck import agreed_until, refused_on

LIFE = timedelta(hours=4)  # after the answer: later it only puzzles


def calls_for_note(response: Response) -> bool:
    """Somebody has answered all there was to ask, where nothing can be read."""
    return (
        response.channel is Channel.IVR
        and response.state is ResponseState.FINISHED
        and response.score is not None
    )


def note_of(
    invitation: Invitation,
    response: Response,
    decision: Decision,
    *,
    questionnaire: Questionnaire,
    contact: Contact,
    listed: str | None = None,
    workspace: CompiledWorkspace,
    now: datetime,
) -> Note | None:
    """None: the flow wants none, its channel may not be used, or there is no link to be told."""
    flow, interaction = workspace.flow(invitation.flow_id), decision.interaction
    channel = flow.flow.after_call if flow else None
    if flow is None or channel is None or response.score is None or not interaction.address:
        return None
    expires_at = response.changed_at + LIFE
    if now >= expires_at or interaction.do_not_survey:
        return None
    if refused_on(
        channel,
        decision,
        contact=contact,
        listed=listed,
        flow=flow,
        workspace=workspace,
        now=now,
    ):
        return None
    until = agreed_until(channel, interaction, contact=contact, workspace=workspace)
    first = questionnaire.questions[0]
    band = band_of(questionnaire.metric, response.score, high=first.high)
    words = dialogue.closing(dialogue.on_channel(questionnaire, channel), band)
    links = workspace.config.links_of(interaction.our_number)
    if variables_of(words).isdisjoint(map(variable, links)):
        return None
    return Note(
        id=note_id(invitation.id),
        invitation_id=invitation.id,
        interaction_id=invitation.interaction_id,
        contact_id=invitation.contact_id,
        channel=channel,
        address=interaction.address,
        flow_id=invitation.flow_id,
        questionnaire=questionnaire,
        band=band,
        expires_at=min(expires_at, until) if until else expires_at,
        country=interaction.country,
        our_number=interaction.our_number,
        variables=variables(interaction, workspace.config.workspace.name),
        test=invitation.test,
    )
