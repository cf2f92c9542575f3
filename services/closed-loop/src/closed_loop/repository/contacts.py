"""What is known of one contact: found by looking into rows, of which there are a few weeks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from closed_loop.repository.messages import ADDRESS
from common.database import Connection
from common.database.holdings import Held, held

_HELD = {
    "calls": "select interaction_id, body, address, made_at from closed_loop.calls"
    " where workspace = $1 and body->>'contact_id' = $2::uuid::text",
    "messages": "select id, type, at, data, address from closed_loop.messages"
    " where workspace = $1 and data->>'contact_id' = $2::uuid::text",
    "alerts": "select a.id, a.data, a.made_at from closed_loop.alerts a where workspace = $1"
    " and a.data->>'interaction_id' in (select m.data->>'interaction_id'"
    " from closed_loop.messages m where m.workspace = $1"
    " and m.data->>'contact_id' = $2::uuid::text union all"
    " select c.interaction_id::text from closed_loop.calls c where c.workspace = $1"
    " and c.body->>'contact_id' = $2::uuid::text)",
}
_ABOUT = """
    select interaction_id from closed_loop.calls
    where workspace = $1 and body->>'contact_id' = $2::uuid::text
      and least((body->>'ended_at')::timestamptz, (body->>'decided_at')::timestamptz) <= $3
    union
    select (data->>'interaction_id')::uuid from closed_loop.messages
    where workspace = $1 and data->>'contact_id' = $2::uuid::text and at <= $3
    union
    select interaction_id from closed_loop.responses
    where workspace = $1 and waiting::text <> '[]'
      and position($2::uuid::text in waiting::text) > 0
"""
# Alerts first: whoever tells of one holds its row. A mail may tell of others, too; they are in the
# list of alerts.
_FORGET = (
    "delete from closed_loop.alerts where workspace = $1"
    " and data->>'interaction_id' = any($2::uuid[]::text[])",
    "delete from closed_loop.mails where workspace = $1"
    " and exists (select from unnest($2::uuid[]) as i where position(i::text in text) > 0)",
    "delete from closed_loop.messages where workspace = $1"
    " and exists (select from unnest($2::uuid[]) as i where position(i::text in data::text) > 0)",
    "update closed_loop.responses set waiting = '[]' where workspace = $1"
    " and interaction_id = any($2) and waiting::text <> '[]'",
    "delete from closed_loop.calls where workspace = $1 and interaction_id = any($2)",
)


async def forget(
    connection: Connection, workspace: str, contact: UUID, erased_at: datetime
) -> Sequence[UUID]:
    """What is about them from before then; the interactions that it was about."""
    rows = await connection.fetch(_ABOUT, workspace, contact, erased_at)
    interactions = [row["interaction_id"] for row in rows]
    if interactions:
        for statement in _FORGET:
            await connection.execute(statement, workspace, interactions)
    return interactions


async def held_of(connection: Connection, workspace: str, contact: UUID) -> Held:
    """All that is known of a contact, as it stands in the rows."""
    sealed = {"calls": {"address": ADDRESS}, "messages": {"address": ADDRESS}}
    return await held(connection, _HELD, workspace, contact, sealed=sealed)
