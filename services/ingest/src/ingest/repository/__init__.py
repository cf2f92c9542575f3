"""SQL of the calls that are reported in parts, and of the webhooks that were taken.

Every look-up carries the workspace. Only what serves all of them at once (closing what is due,
forgetting what is old) goes by time alone, and hands the workspace on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from common.database import Connection
from common.database.sealing import opened, sealed
from common.errors import Retry
from common.sealing import Place
from ingest.domain.interaction import Report
from ingest.domain.joining import CallKey, Part
from ingest.domain.signature import Webhook, check_repetition

REPORT = Place("ingest.parts.report")
decode_report = msgspec.json.Decoder(Report).decode
_encode = msgspec.json.Encoder().encode
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class DueCall:
    """A call whose window is over, and the revision published last."""

    key: CallKey
    revision: int | None


async def add_parts(
    connection: Connection, parts: Sequence[Part], settle: Mapping[CallKey, timedelta]
) -> None:
    """Keeps what is new and starts the window of its call; `settle` is by call."""
    await _make_calls(connection, settle)
    reports = [(part.call.workspace, _encode(part.report)) for part in parts]
    new = await connection.fetch(
        """
        insert into ingest.parts (workspace, interaction_id, part, report, contact_id)
        select workspace, id, part, report, contact_id
        from unnest($1::text[], $2::uuid[], $3::uuid[], $4::bytea[], $5::uuid[])
            with ordinality as u (workspace, id, part, report, contact_id, number)
        order by number on conflict do nothing
        returning workspace, interaction_id, part
        """,
        *columns(part.call for part in parts),
        [part.id for part in parts],
        await sealed(connection, REPORT, reports),
        [part.report.interaction.contact_id or NOBODY for part in parts],
    )
    added = {(CallKey(row["workspace"], row["interaction_id"]), row["part"]) for row in new}
    await _open_windows(connection, [part for part in parts if (part.call, part.id) in added])


async def _make_calls(connection: Connection, settle: Mapping[CallKey, timedelta]) -> None:
    """Makes the rows that are missing. The closer waits for us or has ended before."""
    calls = sorted(settle)
    await connection.execute(
        """
        insert into ingest.calls (workspace, interaction_id, settle)
        select * from unnest($1::text[], $2::uuid[], $3::interval[]) on conflict do nothing
        """,
        *columns(calls),
        [settle[call] for call in calls],
    )
    await lock_calls(connection, calls)


async def lock_calls(connection: Connection, calls: Sequence[CallKey]) -> None:
    await connection.execute(
        """
        select from ingest.calls
        where (workspace, interaction_id) in (select * from unnest($1::text[], $2::uuid[]))
        order by workspace, interaction_id for update
        """,
        *columns(calls),
    )


async def _open_windows(connection: Connection, parts: Sequence[Part]) -> None:
    """An end opens the window; an amendment does so only of a call that was published already."""
    await connection.execute(
        """
        update ingest.calls c
        set reported_at = now(),
            closes_at = case when u.ended or c.revision is not null
                             then coalesce(c.closes_at, now() + c.settle)
                             else c.closes_at end
        from (select workspace, id, bool_or(ended) as ended
              from unnest($1::text[], $2::uuid[], $3::boolean[]) as v (workspace, id, ended)
              group by workspace, id) u
        where (c.workspace, c.interaction_id) = (u.workspace, u.id)
        """,
        *columns(part.call for part in parts),
        [part.report.revision is None for part in parts],
    )


async def due_calls(connection: Connection, *, limit: int) -> list[DueCall]:
    """Locks calls whose window is over, of any workspace."""
    rows = await connection.fetch(
        """
        select workspace, interaction_id, revision from ingest.calls
        where closes_at <= now()
        order by closes_at limit $1 for update skip locked
        """,
        limit,
    )
    return [
        DueCall(CallKey(row["workspace"], row["interaction_id"]), row["revision"]) for row in rows
    ]


async def parts_of(connection: Connection, calls: Sequence[CallKey]) -> dict[CallKey, list[Part]]:
    """By call, as they arrived; without calls of which a part does not open."""
    rows = await connection.fetch(
        """
        select workspace, interaction_id, part, report from ingest.parts
        where (workspace, interaction_id) in (select * from unnest($1::text[], $2::uuid[]))
        order by number
        """,
        *columns(calls),
    )
    reports = await opened(connection, REPORT, [(row["workspace"], row["report"]) for row in rows])
    found: dict[CallKey, list[Part]] = {}
    closed: set[CallKey] = set()
    for row, report in zip(rows, reports, strict=True):
        call = CallKey(row["workspace"], row["interaction_id"])
        if report is None:
            closed.add(call)
        else:
            found.setdefault(call, []).append(Part(row["part"], decode_report(report)))
    return {call: parts for call, parts in found.items() if call not in closed}


async def put_off(connection: Connection, calls: Sequence[CallKey], *, by: timedelta) -> None:
    """Of locked calls: their windows are over that much later."""
    await connection.execute(
        """
        update ingest.calls c set closes_at = now() + $3
        from unnest($1::text[], $2::uuid[]) as u (workspace, id)
        where (c.workspace, c.interaction_id) = (u.workspace, u.id)
        """,
        *columns(calls),
        by,
    )


async def mark_published(connection: Connection, revisions: Mapping[CallKey, int]) -> None:
    """These revisions of these calls are in the outbox; their windows are closed."""
    await connection.execute(
        """
        update ingest.calls c set closes_at = null, revision = u.revision
        from unnest($1::text[], $2::uuid[], $3::int[]) as u (workspace, id, revision)
        where (c.workspace, c.interaction_id) = (u.workspace, u.id)
        """,
        *columns(revisions),
        list(revisions.values()),
    )


async def forget_calls(connection: Connection, *, after: timedelta) -> None:
    """Deletes calls of which no part came for that long and whose window is closed."""
    await connection.execute(
        "delete from ingest.calls where reported_at < now() - $1::interval and closes_at is null",
        after,
    )


async def remember_webhook(
    connection: Connection, workspace: str, source: str, webhook: Webhook
) -> bool:
    """False: it was taken before and its sender asks again. Raises `Problem` 409 for a replay.

    Of two at once the second waits here, until the first is committed or forgotten.
    """
    values = (workspace, source, webhook.id, webhook.signed_at)
    if await connection.fetchval(
        "insert into ingest.webhooks (workspace, source, id, signed_at, digest)"
        " values ($1, $2, $3, $4, $5) on conflict do nothing returning true",
        *values,
        webhook.digest,
    ):
        return True
    row = await connection.fetchrow(
        "select id, signed_at, digest from ingest.webhooks"
        " where workspace = $1 and source = $2 and id = $3 for update",
        *values[:3],
    )
    if row is None:
        raise Retry("a webhook grew too old while it was looked at")
    check_repetition(webhook, Webhook(**row))
    await connection.execute(
        "update ingest.webhooks set signed_at = $4"
        " where workspace = $1 and source = $2 and id = $3",
        *values,
    )
    return False


async def forget_webhooks(connection: Connection, *, signed_before: datetime) -> None:
    """Deletes the ids of webhooks that were signed longer ago."""
    await connection.execute("delete from ingest.webhooks where signed_at < $1", signed_before)


class Cell(NamedTuple):
    """`problem`: what is the matter with the address; "" counts everybody."""

    workspace: str
    source: str
    day: date
    problem: str


async def add_tallies(connection: Connection, counts: Mapping[Cell, int]) -> None:
    """In the order of the cells, so that nobody deadlocks."""
    cells = sorted(counts)
    await connection.execute(
        """
        insert into ingest.tallies as t (workspace, source, day, problem, count)
        select * from unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::bigint[])
        on conflict (workspace, source, day, problem) do update set count = t.count + excluded.count
        """,
        *(list(column) for column in zip(*cells, strict=True)),
        [counts[cell] for cell in cells],
    )


async def forget_tallies(connection: Connection, *, before: date) -> None:
    await connection.execute("delete from ingest.tallies where day < $1", before)


def columns(calls: Iterable[CallKey]) -> tuple[list[str], list[UUID]]:
    """Keys as two arrays of the same length, for `unnest`."""
    keys = list(calls)
    return [key.workspace for key in keys], [key.interaction_id for key in keys]
