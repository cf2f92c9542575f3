"""Until when words may be free: for some time after a person wrote to one of our numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.store.schema import Schema
from common.database import Connection

WindowKey = tuple[str, str, UUID]  # workspace, our number, contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message of this person to this number of ours."""

    workspace: str
    our_number: str
    contact_id: UUID
    heard_at: datetime

    @property
    def key(self) -> WindowKey:
        return self.workspace, self.our_number, self.contact_id


async def heard(connection: Connection, schema: Schema, messages: Sequence[Heard]) -> None:
    """Remembers the newest. Their contacts must be locked."""
    newest: dict[WindowKey, Heard] = {}
    for message in sorted(messages, key=lambda one: one.heard_at):
        newest[message.key] = message
    if not newest:
        return
    await connection.execute(
        schema(
            """
            insert into {schema}.windows (workspace, our_number, contact_id, heard_at)
            select * from unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[])
            on conflict (workspace, our_number, contact_id) do update
            set heard_at = greatest(windows.heard_at, excluded.heard_at)
            """
        ),
        *_columns(newest),
        [message.heard_at for message in newest.values()],
    )


async def last_heard(
    connection: Connection, schema: Schema, whose: Iterable[WindowKey]
) -> dict[WindowKey, datetime]:
    """When each wrote last; nobody who never did."""
    rows = await connection.fetch(
        schema(
            """
            select w.* from unnest($1::text[], $2::text[], $3::uuid[])
                as k (workspace, our_number, contact_id)
            join {schema}.windows w using (workspace, our_number, contact_id)
            """
        ),
        *_columns(whose),
    )
    return {
        (row["workspace"], row["our_number"], row["contact_id"]): row["heard_at"] for row in rows
    }


def _columns(keys: Iterable[WindowKey]) -> tuple[list[str], list[str], list[UUID]]:
    known = list(keys)
    return [k[0] for k in known], [k[1] for k in known], [k[2] for k in known]
