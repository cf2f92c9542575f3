"""SQL of the calls that are told in parts, and of the webhooks that were taken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from common.database import Connection
from common.errors import Retry
from ingest.domain.interaction import Reported
from ingest.domain.joining import Part
from ingest.domain.signature import Webhook, check_repetition

_decode = msgspec.json.Decoder(Reported).decode
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Due:
    """A call whose window is over, and the revision told last."""

    interaction_id: UUID
    revision: int | None


async def add_parts(
    connection: Connection, parts: Sequence[Part], settle: Mapping[UUID, timedelta]
) -> None:
    """Keeps what is new and starts the window of its call; `settle` is by interaction."""
    await _lock_calls(connection, settle)
    new = await connection.fetch(
        """
        insert into ingest.parts (interaction_id, part, report)
        select id, part, report
        from unnest($1::uuid[], $2::uuid[], $3::bytea[])
            with ordinality as u (id, part, report, number)
        order by number on conflict do nothing
        returning part
        """,
        [part.reported.interaction.id for part in parts],
        [part.id for part in parts],
        [_encode(part.reported) for part in parts],
    )
    added = {row["part"] for row in new}
    await _open_windows(connection, [part for part in parts if part.id in added])


async def _lock_calls(connection: Connection, settle: Mapping[UUID, timedelta]) -> None:
    """Makes the rows that are missing. The closer waits for us or has ended before."""
    calls = sorted(settle)
    await connection.execute(
        """
        insert into ingest.calls (interaction_id, settle)
        select * from unnest($1::uuid[], $2::interval[]) on conflict do nothing
        """,
        calls,
        [settle[call] for call in calls],
    )
    await connection.execute(
        "select from ingest.calls where interaction_id = any($1) order by interaction_id"
        " for update",
        calls,
    )


async def _open_windows(connection: Connection, parts: Sequence[Part]) -> None:
    """An end opens the window; an amendment does so only of a call that was told already."""
    await connection.execute(
        """
        update ingest.calls c
        set heard_at = now(),
            closes_at = case when u.ended or c.revision is not null
                             then coalesce(c.closes_at, now() + c.settle)
                             else c.closes_at end
        from (select call, bool_or(ended) as ended
              from unnest($1::uuid[], $2::boolean[]) as v (call, ended) group by call) u
        where c.interaction_id = u.call
        """,
        [part.reported.interaction.id for part in parts],
        [part.reported.revision is None for part in parts],
    )


async def due_calls(connection: Connection, *, limit: int) -> list[Due]:
    """Locks calls whose window is over."""
    rows = await connection.fetch(
        """
        select interaction_id, revision from ingest.calls
        where closes_at <= now()
        order by closes_at limit $1 for update skip locked
        """,
        limit,
    )
    return [Due(row["interaction_id"], row["revision"]) for row in rows]


async def parts_of(connection: Connection, calls: Sequence[UUID]) -> dict[UUID, list[Part]]:
    """By call, as they arrived."""
    rows = await connection.fetch(
        "select interaction_id, part, report from ingest.parts where interaction_id = any($1)"
        " order by number",
        calls,
    )
    found: dict[UUID, list[Part]] = {}
    for row in rows:
        part = Part(row["part"], _decode(row["report"]))
        found.setdefault(row["interaction_id"], []).append(part)
    return found


async def told(connection: Connection, revisions: Mapping[UUID, int]) -> None:
    """These calls were told in these revisions; their windows are closed."""
    await connection.execute(
        """
        update ingest.calls c set closes_at = null, revision = u.revision
        from unnest($1::uuid[], $2::int[]) as u (id, revision)
        where c.interaction_id = u.id
        """,
        list(revisions),
        list(revisions.values()),
    )


async def forget(connection: Connection, *, after: timedelta) -> None:
    """Deletes calls that nobody spoke of for that long and whose window is closed."""
    await connection.execute(
        "delete from ingest.calls where heard_at < now() - $1::interval and closes_at is null",
        after,
    )


async def remember(connection: Connection, source: str, webhook: Webhook) -> bool:
    """False: it was taken before and its sender asks again. Raises `Problem` 409 for a replay.

    Of two at once the second waits here, until the first is committed or forgotten.
    """
    values = (source, webhook.id, webhook.signed_at, webhook.digest)
    if await connection.fetchval(
        "insert into ingest.webhooks (source, id, signed_at, digest) values ($1, $2, $3, $4)"
        " on conflict do nothing returning true",
        *values,
    ):
        return True
    row = await connection.fetchrow(
        "select id, signed_at, digest from ingest.webhooks where source = $1 and id = $2"
        " for update",
        *values[:2],
    )
    if row is None:
        raise Retry("a webhook grew too old while it was looked at")
    check_repetition(webhook, Webhook(**row))
    await connection.execute(
        "update ingest.webhooks set signed_at = $3 where source = $1 and id = $2", *values[:3]
    )
    return False


async def forget_webhooks(connection: Connection, *, signed_before: datetime) -> None:
    await connection.execute("delete from ingest.webhooks where signed_at < $1", signed_before)
