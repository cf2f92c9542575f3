"""What the topics bring a sender: steps to send, cancellations, consent. Rows are all it writes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import msgspec

from channel import contacts, delivery, records, reminders, sends
from channel.contacts import Consent
from channel.delivery import Send, SendKind, Status
from channel.schema import Schema
from channel.sends import NewSend
from channel.telling import Teller, tell
from common.config import Account, Config, ConfigReader, Sender
from common.database import Database
from common.events import Envelope
from common.events.consent import ConsentChanged
from common.events.questionnaire import QuestionKind
from common.events.sends import Step, StepCancelled, StepKind
from common.streams.outbox import Relay
from common.telemetry.tracing import traceparent
from common.time import Clock

_encode = msgspec.json.Encoder().encode
ALL_CHANNELS = "all"


class Planning(Protocol):
    """What a sender brings: from which number a step goes out, and in which words."""

    def sender(self, config: Config, workspace: str, step: Step) -> tuple[Account, Sender] | None:
        """None: no number of this workspace may be used for this contact."""
        ...

    def text(self, step: Step) -> str: ...


def _nothing() -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Handlers for a consumer; each of them is one transaction and may run twice."""

    db: Database
    schema: Schema
    config: ConfigReader
    teller: Teller
    relay: Relay
    planning: Planning
    clock: Clock
    on_due: Callable[[], None] = _nothing

    async def on_steps(self, events: Sequence[Envelope[Step]]) -> None:
        """Queues them. What no number can send has failed at once."""
        config = await self.config.current()  # a number added just now must count
        now = self.clock()
        channel = self.teller.channel
        ours = [event for event in events if event.data.channel is channel]
        async with self.db.transaction() as connection:
            asks = await reminders.asks(connection, self.schema, [e.data for e in ours])
            new = [
                self._planned(config, event, now, ask=asks.get(event.data.invitation_id))
                for event in ours
            ]
            await contacts.ensure(
                connection,
                self.schema,
                {item.send.contact_id: item.send.workspace for item in new},
            )
            known = await sends.insert(connection, self.schema, new)
            # A step that is over at once is told of each time it comes; the copies are equal.
            over = {item.send.id: item.send.state for item in new if item.send.final}
            stored = await sends.locked(connection, self.schema, list(over))
            told = {one: send for one, send in stored.items() if send.state is over[one]}
            told |= {send.id: send for send in known}
            await tell(connection, self.schema, self.teller.deliveries(told.values(), now))
        if told:
            self.relay.wake()
        self.on_due()

    async def on_cancelled(self, events: Sequence[Envelope[StepCancelled]]) -> None:
        """Takes them out of the queue, or leaves word for steps that have not come yet."""
        steps = {event.data.step_id: event for event in events}
        async with self.db.transaction() as connection:
            await sends.insert_cancelled(
                connection,
                self.schema,
                [event.data for event in steps.values()],
                workspaces=[event.workspace for event in steps.values()],
            )
            before = await sends.locked(connection, self.schema, list(steps))
            after = [
                delivery.cancelled(send, steps[send.id].data.reason) for send in before.values()
            ]
            news = records.news(before, after)
            await sends.save(connection, self.schema, news)
            await tell(connection, self.schema, self.teller.deliveries(news, self.clock()))
        self.relay.wake()

    async def on_consent(self, events: Sequence[Envelope[ConsentChanged]]) -> None:
        """Suppression of this channel follows statements about it and about all channels."""
        ours = (self.teller.channel.value, ALL_CHANNELS)
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
            state=Status.QUEUED,
            due_at=now,
            expires_at=step.expires_at,
            invitation_id=step.invitation_id,
            interaction_id=step.interaction_id,
            test=step.test,
            reminder=step.kind is StepKind.REMINDER,
        )
        if why := _unfit(step):
            send = delivery.impossible(send, why)
        elif send.reminder:
            send = reminders.continued(send, ask)
        else:
            send = _from(send, self.planning.sender(config, event.workspace, step))
        return NewSend(
            send=send,
            address=step.address,
            text=self.planning.text(step),
            flow_id=step.flow_id,
            answers_until=step.answers_until or step.expires_at,
            step=_encode(step),
            traceparent=traceparent(event.traceparent),
        )


def _unfit(step: Step) -> str | None:
    """Why this version must not send it: it might ask twice, or something it cannot read."""
    if step.kind is StepKind.UNKNOWN:
        return "a kind of step that this version does not know"
    if step.questionnaire.questions[0].kind is QuestionKind.UNKNOWN:
        return "a kind of question that this version does not know"
    return None


def _from(send: Send, found: tuple[Account, Sender] | None) -> Send:
    if found is None:
        return delivery.impossible(send, "no sender number fits")
    account, sender = found
    return replace(send, provider=account.provider, account=account.id, sender=sender.number)
