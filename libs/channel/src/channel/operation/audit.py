"""What an auditor asks a sender's tables, to compare with the provider's own ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from channel.store.schema import Schema
from common.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The steps of one contact about one interaction: how many are in which state."""

    workspace: str
    contact_id: UUID
    interaction_id: UUID
    states: dict[str, int]
    attempts: int  # claims, those included that were queued again


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """A message that was acknowledged. `message_id` is the provider's own name for it."""

    workspace: str
    message_id: str
    contact_id: UUID
    outcome: str | None  # None: not worked off yet
    response_id: UUID | None
    response_revision: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What returns to 0 when nothing comes in any more."""

    queued: int
    claimed: int
    inbox: int
    outbox: int

    @property
    def is_empty(self) -> bool:
        return not (self.queued or self.claimed or self.inbox or self.outbox)


async def asked(connection: Connection, schema: Schema) -> Sequence[Asked]:
    """By contact and interaction."""
    rows = await connection.fetch(
        schema(
            """
            select workspace, contact_id, interaction_id, jsonb_object_agg(state, count) as states,
                   sum(attempts)::int as attempts
            from (select workspace, contact_id, interaction_id, state, count(*),
                         sum(attempts) as attempts
                  from {schema}.sends where kind = 'step' and interaction_id is not null
                  group by 1, 2, 3, 4) s
            group by 1, 2, 3 order by 1, 2, 3
            """
        )
    )
    return [Asked(**row) for row in rows]


async def unknown(connection: Connection, schema: Schema) -> Sequence[UUID]:
    """Sends, follow-ups included, that may or may not have gone out."""
    rows = await connection.fetch(
        schema("select id from {schema}.sends where state = 'unknown' order by id")
    )
    return [row["id"] for row in rows]


async def received(connection: Connection, schema: Schema) -> Sequence[ReceivedMessage]:
    """Every message that was acknowledged, in order."""
    rows = await connection.fetch(
        schema(
            """
            select workspace, message_id, contact_id, outcome, response_id, response_revision
            from {schema}.inbox where kind = 'message' order by received_at, id
            """
        )
    )
    return [ReceivedMessage(**row) for row in rows]


async def late_claims(connection: Connection, schema: Schema) -> Sequence[UUID]:
    """Steps claimed after their contact's suppression was committed: there must be none."""
    rows = await connection.fetch(
        schema(
            """
            select s.id from {schema}.sends s join {schema}.contacts c using (workspace, contact_id)
            where c.suppressed and s.claimed_at > c.suppressed_at and not s.despite_stop
            """
        )
    )
    return [row["id"] for row in rows]


async def backlog(connection: Connection, schema: Schema) -> Backlog:
    row = await connection.fetchrow(
        schema(
            """
            select (select count(*) from {schema}.sends
                    where open and state = 'queued') as queued,
                   (select count(*) from {schema}.sends
                    where open and state = 'claimed') as claimed,
                   (select count(*) from {schema}.inbox where done_at is null) as inbox,
                   (select count(*) from {schema}.outbox) as outbox
            """
        )
    )
    return Backlog(**row)
