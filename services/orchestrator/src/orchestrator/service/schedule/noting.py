"""Whoever answered on the telephone is told more in writing, once, where the flow says so."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from common.database import Connection
from common.errors import BadInput
from common.events import Envelope, decode
from common.events.decisions import Decision
from common.events.questionnaire import Questionnaire
from common.events.responses import Response
from common.events.sends import Note
from common.streams import outbox
from common.telemetry import logging
from orchestrator.domain.compiled import CompiledConfig
from orchestrator.domain.invitation import Planned
from orchestrator.domain.keys import Key
from orchestrator.domain.linking import said_of
from orchestrator.domain.notes import note_of
from orchestrator.repository.deciding import decisions
from orchestrator.repository.schedule import invitations
from orchestrator.service import events
from orchestrator.service.consent.listed import listed
from orchestrator.service.consent.people import People

log = logging.get(__name__)


async def note(
    connection: Connection,
    told: Sequence[Envelope[Response]],
    planned: Sequence[Planned],
    people: People,
    *,
    config: CompiledConfig,
    now: datetime,
) -> bool:
    """Whether there is something for the relay. Contacts and invitations are locked.

    What is told and that it is are one transaction, so an answer that comes again tells nothing.
    """
    of = {one.invitation.key: one.invitation for one in planned if one.note is None}
    keys = {(one.workspace, one.data.invitation_id) for one in told} & of.keys()
    if not keys:
        return False
    stored = await decisions.events(connection, {of[key].decision for key in keys})
    bodies = await invitations.questionnaires(
        connection, {(key[0], of[key].questionnaire) for key in keys}
    )
    unwanted = await listed(connection, people.contacts, config)
    notes: dict[Key, Note] = {}
    for one in told:
        key = one.workspace, one.data.invitation_id
        workspace = config.workspaces.get(one.workspace)
        if key not in keys or workspace is None:
            continue
        invitation = of[key]
        event = stored[invitation.decision]
        if event is None:
            log.error("note_unreadable", invitation_id=str(invitation.id), why="does not open")
            continue
        try:
            decision = decode(event, Decision).data
            body = bodies[invitation.workspace, invitation.questionnaire]
            questionnaire = msgspec.json.decode(body, type=Questionnaire)
        except (BadInput, msgspec.MsgspecError) as error:
            log.error("note_unreadable", invitation_id=str(invitation.id), why=str(error))
            continue
        found = note_of(
            invitation,
            one.data,
            decision,
            questionnaire=questionnaire,
            contact=people.whole(invitation.contact),
            listed=said_of(invitation.contact, unwanted, people.others),
            workspace=workspace,
            now=now,
        )
        if found is not None:
            notes[key] = found
    if not notes:
        return False
    await invitations.note(connection, {key: one.channel.value for key, one in notes.items()})
    messages = [events.noted(one, key[0], now) for key, one in notes.items()]
    await outbox.write(connection, "orchestrator", messages)
    return True
