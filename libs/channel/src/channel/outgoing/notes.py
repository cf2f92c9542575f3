"""What the topics bring a sender beside steps: words after an answer on the telephone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from channel.linking import About, Linking
from channel.outgoing.sender_numbers import number_for
from channel.rendering import Renderer
from channel.store import contacts, delivery, erasures, links, sends
from channel.store.delivery import Send, SendKind
from channel.store.links import Told
from channel.store.schema import Schema
from channel.store.sends import NewSend
from common import dialogue
from common.config import Config, ConfigReader
from common.database import Database
from common.events import Envelope
from common.events.sends import DeliveryStatus, Note
from common.phone import country_of
from common.telemetry.tracing import traceparent
from common.time import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteIntake:
    """A note is a follow-up: it waits, obeys rates and a STOP, and is logged as all others are."""

    db: Database
    schema: Schema
    config: ConfigReader
    renderer: Renderer
    linking: Linking
    clock: Clock
    on_due: Callable[[], None]

    async def on_notes(self, events: Sequence[Envelope[Note]]) -> None:
        """Queues them; one that comes again finds its row."""
        config, now = await self.config.current(), self.clock()
        async with self.db.transaction() as connection:
            events = await erasures.without_erased(connection, self.schema, events)
            planned = [self._planned(config, event, now) for event in events]
            new = [send for send, _ in planned]
            await contacts.ensure(connection, self.schema, [one.send.contact for one in new])
            await sends.insert(connection, self.schema, new)
            told = [link for _, named in planned for link in named]
            await links.tell(connection, self.schema, told)
        self.on_due()

    def _planned(
        self, config: Config, event: Envelope[Note], now: datetime
    ) -> tuple[NewSend, list[Told]]:
        note, workspace = event.data, config.workspaces.get(event.workspace)
        survey = dialogue.on_channel(note.questionnaire, note.channel)
        whose = About(
            workspace=event.workspace,
            invitation_id=note.invitation_id,
            contact_id=note.contact_id,
            survey_id=survey.survey_id,
            our_number=note.our_number,
            band=note.band,
            test=note.test,
            language=survey.language,
        )
        told = self.linking.links(dialogue.closing(survey, note.band), whose, workspace, now)
        told += self.linking.opt_out(survey, whose, now)
        known = {**note.variables, **self.linking.variables(told)}
        new = NewSend(
            send=_from(config, event, now),
            address=note.address,
            content=self.renderer.note(survey, note.band, known),
            flow_id=note.flow_id,
            traceparent=traceparent(event.traceparent),
        )
        return new, told


def _from(config: Config, event: Envelope[Note], now: datetime) -> Send:
    note, workspace = event.data, config.workspaces.get(event.workspace)
    send = Send(
        id=note.id,
        kind=SendKind.FOLLOW_UP,
        workspace=event.workspace,
        contact_id=note.contact_id,
        state=DeliveryStatus.QUEUED,
        due_at=now,
        expires_at=note.expires_at,
        invitation_id=note.invitation_id,
        interaction_id=note.interaction_id,
        test=note.test,
    )
    found = workspace and number_for(
        workspace,
        note.channel,
        note.contact_id,
        country=note.country or country_of(note.address),
        called=note.our_number,
    )
    if not found:
        return delivery.impossible(send, "no sender number fits")
    account, sender = found
    return replace(send, provider=account.provider, account=account.id, sender=sender.number)
