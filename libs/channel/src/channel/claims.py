"""The claim: the one transaction after which a message goes out, and before which it need not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channel import delivery, dialogues, metrics, reminders, sends
from channel.delivery import Send, SendKind, Status
from channel.reminders import Standing
from channel.schema import Schema
from channel.telling import Teller, tell
from common.config import Config, ConfigReader
from common.database import Connection, Database
from common.failpoints import failpoint
from common.streams.outbox import Relay
from common.time import Clock

REPLIES, ALL = (0,), (0, 1)  # urgencies, as `sends` has them


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """What is sent one after the other: one sender number of an account."""

    workspace: str
    account: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A queued send, locked together with its contact."""

    send: Send
    address: str
    text: str
    flow_id: str | None
    answers_until: datetime | None
    suppressed: bool
    despite_stop: bool
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """To be posted, once."""

    send: Send
    address: str
    text: str
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one claim took off the queue; `refused` ones cost no token."""

    claimed: Sequence[Claimed] = ()
    refused: int = 0


def judged(due: Due, config: Config, now: datetime, *, standing: Standing | None = None) -> Send:
    """Claimed, or why not after all: everything that can have changed since it was planned.

    `standing`: of reminders. One that cannot be judged yet stays queued.
    """
    send = due.send
    if due.suppressed and not due.despite_stop:
        return delivery.cancelled(send, "opted_out")
    if send.kind is SendKind.STEP and not _flow_is_on(config, send.workspace, due.flow_id):
        return delivery.cancelled(send, "flow_disabled")
    if send.expires_at <= now:
        return delivery.expired(send)
    if standing is not None:
        return reminders.judged(send, standing, now)
    return delivery.claimed(send, now)


def _flow_is_on(config: Config, workspace: str, flow_id: str | None) -> bool:
    known = config.workspaces.get(workspace)
    flow = known.flows.get(flow_id or "") if known else None
    return flow is not None and flow.enabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Takes due sends of a lane. Never waits for a lock, so it takes part in no deadlock."""

    db: Database
    schema: Schema
    config: ConfigReader
    teller: Teller
    relay: Relay
    clock: Clock

    async def claim(self, lane: Lane, limit: int, urgencies: Sequence[int] = ALL) -> Taken:
        """At most `limit`, replies first. Sends that must not go out any more leave the queue."""
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
            after = [judged(d, config, now, standing=standings.get(d.send.id)) for d in found]
            judgements = zip(found, after, strict=True)
            taken = [(due, send) for due, send in judgements if send.state is Status.CLAIMED]
            await sends.save(connection, self.schema, after)
            await self._open_dialogues(connection, taken)
            refused = [s for s in after if s.state not in (Status.CLAIMED, Status.QUEUED)]
            told = self.teller.deliveries(refused, now)
            await tell(connection, self.schema, told)
            failpoint("claim.before_commit")
        failpoint("claim.after_commit")
        claimed = [
            Claimed(send=send, address=due.address, text=due.text, traceparent=due.traceparent)
            for due, send in taken
        ]
        self._note(claimed, refused, now)
        return Taken(claimed=claimed, refused=len(refused))

    def _note(self, taken: Sequence[Claimed], refused: Sequence[Send], now: datetime) -> None:
        name = self.schema.name
        for item in taken:
            waited = (now - item.send.due_at).total_seconds()
            metrics.WAIT_SECONDS.labels(name).observe(max(0.0, waited))
        for send in refused:
            metrics.LEFT_QUEUE.labels(name, send.state.value).inc()
        if refused:
            self.relay.wake()

    async def _open_dialogues(
        self, connection: Connection, taken: Sequence[tuple[Due, Send]]
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


_TAKE = """
    select {columns}, s.address, s.text, s.flow_id, s.answers_until, s.despite_stop,
           s.traceparent, c.suppressed
    from {schema}.sends s join {schema}.contacts c using (contact_id)
    where s.workspace = $1 and s.account = $2 and s.sender = $3
      and s.state = 'queued' and s.urgency = any($6) and s.due_at <= $4
    order by s.urgency, s.due_at limit $5
    for update of s, c skip locked
"""


async def take(
    connection: Connection,
    schema: Schema,
    lane: Lane,
    urgencies: Sequence[int],
    *,
    now: datetime,
    limit: int,
) -> list[Due]:
    """Due sends whose row and contact nobody else holds; both are locked."""
    rows = await connection.fetch(
        schema(sends.with_columns(_TAKE)),
        lane.workspace,
        lane.account,
        lane.sender,
        now,
        limit,
        urgencies,
    )
    return [
        Due(
            send=sends.read(row),
            address=row["address"],
            text=row["text"],
            flow_id=row["flow_id"],
            answers_until=row["answers_until"],
            suppressed=row["suppressed"],
            despite_stop=row["despite_stop"],
            traceparent=row["traceparent"],
        )
        for row in rows
    ]


async def waiting(
    connection: Connection,
    schema: Schema,
    lanes: Sequence[Lane],
    urgencies: Sequence[int],
    *,
    now: datetime,
) -> list[int]:
    """The places of those lanes that have something due; one index probe each."""
    rows = await connection.fetch(
        schema(
            """
            select l.place from unnest($1::text[], $2::text[], $3::text[]) with ordinality
                as l (workspace, account, sender, place)
            where exists (
                select from {schema}.sends s
                where s.workspace = l.workspace and s.account = l.account
                  and s.sender = l.sender and s.state = 'queued' and s.urgency = any($5)
                  and s.due_at <= $4)
            """
        ),
        [lane.workspace for lane in lanes],
        [lane.account for lane in lanes],
        [lane.sender for lane in lanes],
        now,
        urgencies,
    )
    return [row["place"] - 1 for row in rows]
