"""What is due in a lane: a look without locks, and the taking that locks send and contact."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from channel.content import Content, decode
from channel.store import sends
from channel.store.delivery import Send
from channel.store.schema import MESSAGE_ADDRESS, Schema
from common.database import Connection
from common.database.sealing import opened

FOLLOW_UPS, ALL = (0,), (0, 1)  # urgencies, as `sends` has them


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """What is sent one after the other: one sender number of an account."""

    workspace: str
    account: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSend:
    """A queued send, locked together with its contact."""

    send: Send
    address: str | None  # None: sealed, and the key is not here
    content: Content | None  # None: of a kind that a newer version knows
    flow_id: str | None
    answers_until: datetime | None
    suppressed: bool
    traceparent: str | None = None
    erased: bool = False  # the contact, since it was planned


_TAKE = """
    select {columns}, m.address, m.content, m.flow_id, m.answers_until, m.traceparent, c.suppressed,
        coalesce(c.erased_at >= s.created_at, false) as erased
    from {schema}.sends s
    join {schema}.contacts c on c.workspace = s.workspace and c.contact_id = s.contact_id
    join {schema}.messages m on m.workspace = s.workspace and m.send_id = s.id
    where s.workspace = $1 and s.account = $2 and s.sender = $3
      and s.open and s.state = 'queued' and s.urgency = any($6::smallint[]) and s.due_at <= $4
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
) -> list[DueSend]:
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
    addresses = await opened(
        connection,
        schema.place(MESSAGE_ADDRESS),
        [(lane.workspace, row["address"]) for row in rows],
    )
    return [
        DueSend(
            send=sends.read(row),
            address=address,
            content=decode(row["content"]),
            flow_id=row["flow_id"],
            answers_until=row["answers_until"],
            suppressed=row["suppressed"],
            traceparent=row["traceparent"],
            erased=row["erased"],
        )
        for row, address in zip(rows, addresses, strict=True)
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
                  and s.sender = l.sender and s.open and s.state = 'queued'
                  and s.urgency = any($5::smallint[])
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
