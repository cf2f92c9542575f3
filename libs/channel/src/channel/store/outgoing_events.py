"""What the other services are told: deliveries, responses, consent, as messages for the outbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from channel import metrics
from channel.store.delivery import Send, SendKind
from channel.store.schema import Schema
from common.bus import Message
from common.database import Connection
from common.events import encode, envelope
from common.events.consent import ConsentChanged, ConsentState
from common.events.responses import Response
from common.events.sends import Delivery, FailureClass
from common.events.values import Channel
from common.ids import derived
from common.streams import outbox
from common.topics import CONSENT, DELIVERIES, RESPONSES


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEvents:
    """Speaks for one sender: its path as the events' source, and its channel."""

    source: str  # such as `/sms-sender`
    channel: Channel

    def deliveries(self, sends: Iterable[Send], now: datetime) -> list[Message]:
        """Of steps that are fully known; replies are our own affair."""
        known = [s for s in sends if s.kind is SendKind.STEP and s.interaction_id is not None]
        for send in known:
            state = "closed" if send.closed_at is not None else send.state.value
            metrics.ASKS.labels(self.channel.value, state, send.failure or "").inc()
        return [
            self._message(
                DELIVERIES,
                self._delivery(send, now),
                aggregate=send.id,
                revision=send.revision,
                time=now,
                workspace=send.workspace,
            )
            for send in known
        ]

    def response(self, response: Response, *, workspace: str) -> Message:
        change = "new" if response.revision <= 1 else "revised"
        metrics.RESPONSES.labels(self.channel.value, change).inc()
        return self._message(
            RESPONSES,
            response,
            aggregate=response.id,
            revision=response.revision,
            time=response.changed_at,
            workspace=workspace,
        )

    def consent(self, change: ConsentChanged, *, workspace: str) -> Message:
        return self._message(
            CONSENT,
            change,
            aggregate=change.id,
            revision=1,
            time=change.occurred_at,
            workspace=workspace,
        )

    def change_of_consent(
        self,
        contact_id: UUID,
        state: ConsentState,
        occurred_at: datetime,
        *,
        source: str,
        because_of: object,
        evidence: str,
    ) -> ConsentChanged:
        """Its id is derived from `because_of`: the inbound message, or the refused send."""
        return ConsentChanged(
            id=derived("consent", contact_id, self.channel, because_of),
            contact_id=contact_id,
            channel=self.channel.value,
            state=state,
            occurred_at=occurred_at,
            source=source,
            evidence=evidence,
        )

    def _delivery(self, send: Send, now: datetime) -> Delivery:
        assert send.invitation_id is not None
        assert send.interaction_id is not None
        return Delivery(
            step_id=send.id,
            invitation_id=send.invitation_id,
            interaction_id=send.interaction_id,
            contact_id=send.contact_id,
            channel=self.channel,
            revision=send.revision,
            status=send.state,
            at=now,
            final=send.final,
            failure=FailureClass(send.failure) if send.failure else None,
            reason=send.reason,
            provider=send.provider,
            provider_message_id=send.provider_message_id,
            sent_at=send.sent_at,
            delivered_at=send.delivered_at,
            test=send.test,
            kind=send.step_kind,
            number=send.number,
        )

    def _message(
        self,
        topic: str,
        fact: Any,
        *,
        aggregate: UUID,
        revision: int,
        time: datetime,
        workspace: str,
    ) -> Message:
        event = envelope(
            fact,
            aggregate=aggregate,
            revision=revision,
            source=self.source,
            time=time,
            workspace=workspace,
        )
        return Message(topic, str(fact.contact_id).encode(), encode(event))


async def write_events(connection: Connection, schema: Schema, messages: Sequence[Message]) -> None:
    """In the caller's transaction; the relay is to be woken after its commit."""
    if messages:
        await outbox.write(connection, schema.name, messages)
