"""Facts: locked in the order of their ids, written with one statement per batch."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from analytics.domain.facts import Call, Fact, Reply, Step
from analytics.repository.columns import DECIDED, OUTCOME, decided, outcome
from common.db import Connection, Row
from common.events.decisions import Decision, Reason

_steps = msgspec.json.Decoder(tuple[Step, ...])
_replies = msgspec.json.Decoder(tuple[Reply, ...])

FACT_COLUMNS = """interaction_id, workspace, writes, test, revision, day, reason, survey, metric,
    planned_channel, queue, agent, team, number, site, region, disposition,
    steps::text as steps, replies::text as replies"""

_LOCK = f"""
select {FACT_COLUMNS} from analytics.facts
where interaction_id = any($1::uuid[]) order by interaction_id for update
"""  # noqa: S608 - our own constant

_OF_MONTH = f"""
select {FACT_COLUMNS} from analytics.facts
where workspace = $1 and day between $2 and ($2 + interval '1 month - 1 day')::date
"""  # noqa: S608 - our own constant


def _upsert(columns: Mapping[str, str]) -> str:
    sent = [kind.partition("/")[0] for kind in columns.values()]
    cast = [kind.partition("/")[2] for kind in columns.values()]
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(sent, start=1))
    values = ", ".join(f"{n}::{c}" if c else n for n, c in zip(columns, cast, strict=True))
    changes = ", ".join(f"{name} = excluded.{name}" for name in list(columns)[2:])
    # The condition fails for a row that was not there when we locked and has come since.
    return f"""
    insert into analytics.facts ({", ".join(columns)})
    select {values} from unnest({arrays}) as given({", ".join(columns)})
    on conflict (interaction_id) do update set {changes}
    where facts.writes = excluded.writes - 1
    """  # noqa: S608 - names and types of `columns`


_WRITE_OUTCOME = _upsert(OUTCOME)
_WRITE_DECIDED = _upsert(DECIDED)


@dataclass(frozen=True, slots=True)
class Change:
    """A fact to be written; `decision` where that is what changed. `writes`: so far."""

    old: Fact
    new: Fact
    writes: int
    decision: Decision | None


async def lock(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, tuple[Fact, int]]:
    """The facts that exist, with how often each was written."""
    rows = await connection.fetch(_LOCK, list(ids))
    return {row["interaction_id"]: (fact_of(row), row["writes"]) for row in rows}


def fact_of(row: Row) -> Fact:
    """From `FACT_COLUMNS`."""
    return Fact(
        interaction=row["interaction_id"],
        workspace=row["workspace"],
        call=None if row["revision"] is None else _call(row),
        steps=() if row["steps"] == "[]" else _steps.decode(row["steps"]),
        replies=() if row["replies"] == "[]" else _replies.decode(row["replies"]),
        test=row["test"],
    )


def _call(row: Row) -> Call:
    return Call(
        revision=row["revision"],
        day=row["day"],
        reason=None if row["reason"] is None else Reason(row["reason"]),
        survey=row["survey"],
        metric=row["metric"],
        channel=row["planned_channel"],
        queue=row["queue"],
        agent=row["agent"],
        team=row["team"],
        number=row["number"],
        site=row["site"],
        region=row["region"],
        disposition=row["disposition"],
    )


async def write(
    connection: Connection, changes: Sequence[Change], zones: Mapping[str, ZoneInfo]
) -> bool:
    """False when another consumer has made one of these rows meanwhile: begin again."""
    whole, part = [], []
    # In the order of ids: two batches that make the same rows then wait in one direction.
    for change in sorted(changes, key=lambda change: change.new.interaction):
        values = outcome(change.new, change.writes + 1, zones[change.new.workspace])
        if change.decision is None:
            part.append(values)
        else:
            whole.append([*values, *decided(change.new, change.decision)])
    for statement, rows in ((_WRITE_DECIDED, whole), (_WRITE_OUTCOME, part)):
        if rows:
            status = await connection.execute(statement, *map(list, zip(*rows, strict=True)))
            if int(status.rpartition(" ")[2]) != len(rows):
                return False
    return True


async def of_month(connection: Connection, workspace: str, month: date) -> AsyncIterator[Fact]:
    """All facts of the calls of a month; within a transaction, some thousand rows at a time."""
    async for row in connection.cursor(_OF_MONTH, workspace, month, prefetch=2_000):
        yield fact_of(row)


async def pending(connection: Connection) -> int:
    """Facts of which deliveries or answers are known and no decision yet: counted nowhere."""
    found: int = await connection.fetchval(
        "select count(*) from analytics.facts where revision is null"
    )
    return found
