"""What the topics bring a sender: steps to send, cancellations, consent. Rows are all it writes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from msgspec import structs

from channel.content import Content
from channel.linking import Linking, about_step
from channel.outgoing import recording, reminders
from channel.outgoing.sender_numbers import number_for_step
from channel.rendering import Renderer
from channel.store import contacts, delivery, erasures, links, sends
from channel.store.contacts import Consent
from channel.store.delivery import Send, SendKind
from channel.store.links import Told
from channel.store.outgoing_events import OutgoingEvents, write_events
from channel.store.schema import Schema
from channel.store.sends import NewSend
from common import dialogue
from common.config import Account, Config, ConfigReader, SenderNumber
from common.database import Connection, Database
from common.events import Envelope
from common.events.consent import ConsentChanged
from common.events.sends import DeliveryStatus, Step, StepCancelled, StepKind
from common.events.values import Channel
from common.streams.outbox import Relay
from common.telemetry.tracing import traceparent
from common.time import Clock

_encode = msgspec.json.Encoder().encode
ALL_CHANNELS = "all"


def _nothing() -> None: ...


def as_it_is(step: Step) -> Step:
    return step


@dataclass(frozen=True, slots=True, kw_only=True)
class StepIntake:
    """Handlers for a consumer; each of them is one transaction and may run twice."""

    db: Database
    schema: Schema
    config: ConfigReader
    events: OutgoingEvents
    relay: Relay
    renderer: Renderer
    linking: Linking
    clock: Clock
    suited: Callable[[Step], Step] = as_it_is  # to what the channel can ask
    on_due: Callable[[], None] = _nothing

    async def on_steps(self, events: Sequence[Envelope[Step]]) -> None:
        """Queues them. What no number can send has failed at once."""
        config = await self.config.current()  # a number added just now must count
        now = self.clock()
        channel = self.events.channel
        ours = [event for event in events if event.data.channel is channel]
        async with self.db.transaction() as connection:
            ours = await erasures.without_erased(connection, self.schema, ours)
            ours = [structs.replace(event, data=self._ours(event.data)) for event in ours]
            ours, told = self._linked(ours, now)
            steps = [(event.workspace, event.data) for event in ours]
            asks = await reminders.asks(connection, self.schema, steps)
            new = [
                self._planned(
                    config, event, now, ask=asks.get((event.workspace, event.data.invitation_id))
                )
                for event in ours
            ]
            await contacts.ensure(connection, self.schema, [item.send.contact for item in new])
            changed = await sends.insert(connection, self.schema, new)
            changed += await self._over_at_once(connection, new, known=changed)
            await links.tell(connection, self.schema, told)
            events_of = self.events.deliveries(changed, now)
            await write_events(connection, self.schema, events_of)
        if changed:
            self.relay.wake()
        self.on_due()

    def _ours(self, step: Step) -> Step:
        """As this channel asks it, in its own words."""
        survey = dialogue.on_channel(step.questionnaire, self.events.channel)
        return self.suited(structs.replace(step, questionnaire=survey))

    def _linked(
        self, events: Sequence[Envelope[Step]], now: datetime
    ) -> tuple[list[Envelope[Step]], list[Told]]:
        """With the address by which each opts out, where their texts name it: what is said later,
        too. Nothing of it can be said on the telephone."""
        if self.events.channel is Channel.IVR:
            return list(events), []
        linked: list[Envelope[Step]] = []
        told: list[Told] = []
        for event in events:
            step = event.data
            own = self.linking.opt_out(step.questionnaire, about_step(event.workspace, step), now)
            if own:
                variables = {**step.variables, **self.linking.variables(own)}
                event = structs.replace(event, data=structs.replace(step, variables=variables))
            linked.append(event)
            told += own
        return linked, told

    async def _over_at_once(
        self, connection: Connection, new: Sequence[NewSend], *, known: Sequence[Send]
    ) -> list[Send]:
        """Steps that ended on arrival are published each time they come; the copies are equal."""
        over = {item.send.key: item.send.state for item in new if item.send.final}
        if not over:
            return []
        stored = await sends.locked(connection, self.schema, over)
        told = {send.key for send in known}
        return [s for key, s in stored.items() if s.state is over[key] and key not in told]

    async def on_cancelled(self, events: Sequence[Envelope[StepCancelled]]) -> None:
        """Takes them out of the queue, or leaves word for steps that have not come yet."""
        async with self.db.transaction() as connection:
            events = await erasures.without_erased(connection, self.schema, events)
            steps = {(event.workspace, event.data.step_id): event for event in events}
            await sends.insert_cancelled(
                connection,
                self.schema,
                [event.data for event in steps.values()],
                workspaces=[event.workspace for event in steps.values()],
            )
            before = await sends.locked(connection, self.schema, steps)
            after = [
                delivery.cancelled(send, steps[key].data.reason) for key, send in before.items()
            ]
            changed = [send for send in after if send != before[send.key]]
            await sends.save(connection, self.schema, changed)
            news = recording.news(before, after)
            await write_events(connection, self.schema, self.events.deliveries(news, self.clock()))
        self.relay.wake()

    async def on_consent(self, events: Sequence[Envelope[ConsentChanged]]) -> None:
        """Suppression of this channel follows statements about it and about all channels."""
        ours = (self.events.channel.value, ALL_CHANNELS)
        statements = [
            Consent(
                workspace=event.workspace,
                contact_id=event.data.contact_id,
                state=event.data.state,
                occurred_at=event.data.occurred_at,
            )
            for event in events
            if event.data.channel in ours
        ]
        async with self.db.transaction() as connection:
            await contacts.decide(connection, self.schema, statements, now=self.clock())

    def _planned(
        self, config: Config, event: Envelope[Step], now: datetime, *, ask: Send | None
    ) -> NewSend:
        step = event.data
        send = Send(
            id=step.id,
            kind=SendKind.STEP,
            workspace=event.workspace,
            contact_id=step.contact_id,
            state=DeliveryStatus.QUEUED,
            due_at=now,
            expires_at=step.expires_at,
            invitation_id=step.invitation_id,
            interaction_id=step.interaction_id,
            test=step.test,
            step_kind=step.kind,
            number=step.number,
            continues=_continued(step),
        )
        if why := _unfit(step):
            send = delivery.impossible(send, why)
        elif send.reminder:
            send = reminders.continued(send, ask)
        else:
            send = _from(send, number_for_step(config, event.workspace, step))
        return NewSend(
            send=send,
            address=step.address,
            content=self._content(step),
            flow_id=step.flow_id,
            answers_until=step.answers_until or step.expires_at,
            step=_encode(step),
            traceparent=traceparent(event.traceparent),
        )

    def _content(self, step: Step) -> Content:
        """Made once: a step that is tried again says the same again."""
        if step.kind is StepKind.REMINDER:
            return self.renderer.reminder(step)
        return self.renderer.ask(step)


def _continued(step: Step) -> int | None:
    """Of a reminder, the number of the step that it repeats."""
    return step.continues or 0 if step.kind is StepKind.REMINDER else None


def _unfit(step: Step) -> str | None:
    """Why this version must not send it: it might ask twice, or something it cannot read."""
    if step.kind is StepKind.UNKNOWN:
        return "a kind of step that this version does not know"
    if not step.questionnaire.questions[0].is_known:
        return "a kind of question that this version does not know"
    return None


def _from(send: Send, found: tuple[Account, SenderNumber] | None) -> Send:
    if found is None:
        return delivery.impossible(send, "no sender number fits")
    account, sender = found
    return replace(
        send,
        provider=account.provider,
        account=account.id,
        sender=sender.number,
        due_at=send.due_at + account.hold,
    )
