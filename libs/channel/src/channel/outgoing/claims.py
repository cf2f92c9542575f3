"""The claim: the one transaction after which a message goes out, and before which it need not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from channel import metrics
from channel.content import Content
from channel.outgoing import ceilings, fitting, reminders
from channel.outgoing.due import ALL, DueSend, Lane, take
from channel.outgoing.fitting import Fitting
from channel.outgoing.reminders import Standing
from channel.store import delivery, dialogues, rates, sends
from channel.store.delivery import Send, SendKind
from channel.store.outgoing_events import OutgoingEvents, write_events
from channel.store.placed import Ceiling
from channel.store.schema import Schema
from common.config import Config, ConfigReader
from common.database import Connection, Database
from common.events.sends import DeliveryStatus
from common.events.values import Channel
from common.failpoints import failpoint
from common.hours import closed_until
from common.streams.outbox import Relay
from common.time import Clock

UNCLEAR = timedelta(seconds=5)  # until a newer version may have taken what this one cannot judge
UNOPENED = timedelta(minutes=1)  # until it is looked whether the key of an address is there
# Until when nobody at this address may be asked for this flow; the zone is the workspace's.


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """To be posted, once."""

    send: Send
    address: str
    content: Content
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one claim took off the queue; `refused` ones cost no token."""

    claimed: Sequence[Claimed] = ()
    refused: int = 0


def judged(
    due: DueSend,
    config: Config,
    now: datetime,
    *,
    standing: Standing | None = None,
    closed_until: datetime | None = None,
) -> Send:
    """Claimed, or why not after all: everything that can have changed since it was planned.

    `standing`: of reminders. One that cannot be judged yet stays queued.
    """
    send = due.send
    if due.suppressed and not send.despite_stop:
        return delivery.cancelled(send, "opted_out")
    if due.erased:
        return delivery.cancelled(send, "erased")
    if send.called_back:  # it was claimed by then, and has not left
        return delivery.cancelled(send, send.called_back)
    may = send.kind is not SendKind.STEP or config.flow_is_on(send.workspace, due.flow_id)
    if may is False:
        return delivery.cancelled(send, "flow_disabled")
    if send.expires_at <= now:
        return delivery.expired(send)
    if may is None or send.kind is SendKind.UNKNOWN or due.content is None:
        return delivery.put_off(send, now + UNCLEAR)
    if due.address is None:
        return delivery.put_off(send, now + UNOPENED)
    if closed_until is not None:
        return delivery.put_off(send, closed_until)
    if standing is not None:
        return reminders.judged(send, standing, now)
    return delivery.claimed(send, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Takes due sends of a lane. Never waits for a lock, so it takes part in no deadlock."""

    db: Database
    schema: Schema
    config: ConfigReader
    events: OutgoingEvents
    relay: Relay
    clock: Clock
    channel: Channel
    fitting: Fitting | None = None
    ceiling: Ceiling | None = None

    async def claim(
        self,
        lane: Lane,
        limit: int,
        urgencies: Sequence[int] = ALL,
        *,
        per_second: float | None = None,
    ) -> Taken:
        """At most `limit`, replies first. Sends that must not go out any more leave the queue.

        `per_second`: what the lane may send, over all replicas; None: it is not looked at.
        """
        async with self.db.transaction() as connection:
            config = await self.config.current(connection)
            # Locks first, then the time: whoever commits a STOP later has the later time, too.
            found = await take(
                connection, self.schema, lane, urgencies, now=self.clock(), limit=limit
            )
            if not found:
                return Taken()
            again = [due.send for due in found if due.send.reminder]
            standings = await reminders.standings(connection, self.schema, again)
            now = self.clock()
            after = [
                judged(
                    d,
                    config,
                    now,
                    standing=standings.get(d.send.key),
                    closed_until=self._closed_until(d, config, now),
                )
                for d in found
            ]
            if self.fitting is not None:
                contents, after = await fitting.applied(
                    self.fitting, connection, [(d.send, d.content) for d in found], after, now
                )
                found = [replace(d, content=c) for d, c in zip(found, contents, strict=True)]
            if per_second is not None:
                found, after = await self._within_rate(
                    connection, lane, per_second, found=found, after=after
                )
            if self.ceiling is not None:
                after = await ceilings.within(
                    connection,
                    self.schema,
                    self.ceiling,
                    config,
                    before=[due.send for due in found],
                    after=after,
                    now=now,
                )
            judgements = zip(found, after, strict=True)
            taken = [
                (due, send) for due, send in judgements if send.state is DeliveryStatus.CLAIMED
            ]
            await sends.save(connection, self.schema, after)
            await self._open_dialogues(connection, taken)
            refused = [
                s for s in after if s.state not in (DeliveryStatus.CLAIMED, DeliveryStatus.QUEUED)
            ]
            messages = self.events.deliveries(refused, now)
            await write_events(connection, self.schema, messages)
            failpoint("claim.before_commit")
        failpoint("claim.after_commit")
        claimed = [
            Claimed(
                send=send, address=due.address, content=due.content, traceparent=due.traceparent
            )
            for due, send in taken
            if due.content is not None and due.address is not None
        ]
        self._measure(claimed, refused, now)
        return Taken(claimed=claimed, refused=len(refused))

    def _closed_until(self, due: DueSend, config: Config, now: datetime) -> datetime | None:
        """Who tests is asked at any time."""
        workspace = config.workspaces.get(due.send.workspace)
        flow = workspace.flows.get(due.flow_id or "") if workspace else None
        if workspace is None or flow is None or due.send.test or due.address is None:
            return None
        if due.send.kind is not SendKind.STEP:  # who wrote is answered
            return None
        return closed_until(due.address, flow, workspace.workspace, self.channel, now)

    async def _within_rate(
        self,
        connection: Connection,
        lane: Lane,
        per_second: float,
        *,
        found: Sequence[DueSend],
        after: Sequence[Send],
    ) -> tuple[list[DueSend], list[Send]]:
        """Without those that the rate does not allow now: they stay queued as they are."""
        going = [n for n, send in enumerate(after) if send.state is DeliveryStatus.CLAIMED]
        place = (lane.workspace, lane.account, lane.sender)
        granted = (
            await rates.lease(connection, self.schema, place, rate=per_second, count=len(going))
            if going
            else 0
        )
        late = set(going[granted:])
        kept = [n for n in range(len(after)) if n not in late]
        return [found[n] for n in kept], [after[n] for n in kept]

    def _measure(self, taken: Sequence[Claimed], refused: Sequence[Send], now: datetime) -> None:
        name = self.schema.name
        for item in taken:
            waited = (now - item.send.due_at).total_seconds()
            metrics.WAIT_SECONDS.labels(name).observe(max(0.0, waited))
        for send in refused:
            metrics.LEFT_QUEUE.labels(name, send.state.value).inc()
        if refused:
            self.relay.wake()

    async def _open_dialogues(
        self, connection: Connection, taken: Sequence[tuple[DueSend, Send]]
    ) -> None:
        """A reminder continues the one that is open: what is on its way to us still belongs."""
        opened = [
            dialogues.Opened(
                our_number=send.sender or "",
                contact_id=send.contact_id,
                invitation_id=send.invitation_id,
                workspace=send.workspace,
                opened_at=send.claimed_at,
                answers_until=due.answers_until or send.expires_at,
            )
            for due, send in taken
            if send.kind is SendKind.STEP and not send.reminder
            if send.invitation_id and send.claimed_at
        ]
        await dialogues.open_all(connection, self.schema, opened)
