"""Rules and the alerts that they raised."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from closed_loop.domain.rules import Digest, Kind, Rule
from common.database import Connection, Row
from common.events.values import Metric
from common.process.sight import Sight

_LOCK = "select pg_advisory_xact_lock(hashtextextended('closed_loop.rules ' || $1, 0))"
_COUNT = "select count(*) from closed_loop.rules where workspace = $1"
_INSERT = """
    insert into closed_loop.rules (workspace, id, name, kind, enabled, flows, surveys, teams,
        queues, metric, emails, webhooks, digest, cool_down, changed_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) returning *
"""
_LISTED = "select * from closed_loop.rules where workspace = $1 order by made_at, id"
_ONE = "select * from closed_loop.rules where workspace = $1 and id = $2"
_UPDATE = """
    update closed_loop.rules set name = $3, kind = $4, enabled = $5, flows = $6, surveys = $7,
        teams = $8, queues = $9, metric = $10, emails = $11, webhooks = $12, digest = $13,
        cool_down = $14, changed_by = $15, changed_at = $16, look_at = $16, problem = null
    where workspace = $1 and id = $2 returning *
"""
_DELETE = "delete from closed_loop.rules where workspace = $1 and id = $2 returning id"
_WATCHING = """
    select * from closed_loop.rules
    where workspace = any($1::text[]) and kind = 'low_rating' and enabled
"""
_RAISE = """
    insert into closed_loop.alerts (workspace, id, rule_id, data)
    select a.workspace, a.id, a.rule_id, a.data
    from unnest($1::text[], $2::uuid[], $3::uuid[], $4::json[])
        as a (workspace, id, rule_id, data)
    join closed_loop.rules r on r.workspace = a.workspace and r.id = a.rule_id
    for key share of r  -- one that is being removed is waited for, and then raises nothing
    on conflict do nothing
"""
_UNTOLD = """
    select r.*, min(a.made_at) as oldest
    from closed_loop.alerts a join closed_loop.rules r
        on r.workspace = a.workspace and r.id = a.rule_id
    where a.told_at is null group by r.workspace, r.id
"""
_TAKE = """
    select * from closed_loop.rules where workspace = $1 and id = $2 for update skip locked
"""
_TOLD = """
    update closed_loop.alerts set told_at = $3
    where workspace = $1 and rule_id = $2 and told_at is null returning id, data, made_at
"""
_NOTE_TOLD = "update closed_loop.rules set told_at = $3 where workspace = $1 and id = $2"
# Each is looked at by one replica: whoever takes it first puts its next look off.
_TO_LOOK_AT = """
    update closed_loop.rules r set look_at = $1 + $2::interval
    from (select workspace, id from closed_loop.rules
          where enabled and kind <> 'low_rating' and look_at <= $1
          order by look_at limit 1 for update skip locked) due
    where r.workspace = due.workspace and r.id = due.id returning r.*
"""
_LOOKED = """
    update closed_loop.rules set looked_week = coalesce($3, looked_week), problem = $4
    where workspace = $1 and id = $2
"""
_RESTS = """
    select exists (select from closed_loop.alerts
                   where workspace = $1 and rule_id = $2 and made_at > $3)
"""
_PAGE = """
    select a.id, a.rule_id, r.name as rule, a.data, a.made_at, a.told_at
    from closed_loop.alerts a join closed_loop.rules r
        on r.workspace = a.workspace and r.id = a.rule_id
    where a.workspace = $1 and ($2::uuid is null or a.rule_id = $2)
      and ($3::timestamptz is null or (a.made_at, a.id) < ($3, $4::uuid)) {sight}
    order by a.made_at desc, a.id desc limit $5
"""
# Alerts about one call by whose it was; those about figures by the teams that they are of.
_OF_TEAMS = """
      and case when a.data ->> 'kind' = 'low_rating' then a.data ->> 'team' = any($6::text[])
               else json_array_length(a.data -> 'teams') > 0
                    and array(select json_array_elements_text(a.data -> 'teams')) <@ $6 end
"""
_OF_AGENT = "and a.data ->> 'kind' = 'low_rating' and a.data ->> 'agent' = $6"
_FORGET = """
    delete from closed_loop.alerts where ctid = any(array(
        select ctid from closed_loop.alerts where made_at < $1 limit $2
    ))
"""


async def count(connection: Connection, workspace: str) -> int:
    """Locked until the end of the transaction."""
    await connection.execute(_LOCK, workspace)
    found: int = await connection.fetchval(_COUNT, workspace)
    return found


async def insert(
    connection: Connection, workspace: str, given: Mapping[str, Any], *, by: str
) -> Row:
    return await connection.fetchrow(_INSERT, workspace, given["id"], *_values(given), by)


def _values(given: Mapping[str, Any]) -> tuple[Any, ...]:
    lists = (list(given[name]) for name in ("flows", "surveys", "teams", "queues"))
    return (
        *(given["name"], given["kind"], given["enabled"], *lists, given["metric"]),
        *(list(given["emails"]), list(given["webhooks"]), given["digest"], given["cool_down"]),
    )


async def listed(connection: Connection, workspace: str) -> list[Row]:
    rows: list[Row] = await connection.fetch(_LISTED, workspace)
    return rows


async def one(
    connection: Connection, workspace: str, rule: UUID, *, lock: bool = False
) -> Row | None:
    """`lock` only to change it: whoever looks at rules passes over what is locked."""
    return await connection.fetchrow(_ONE + (" for update" if lock else ""), workspace, rule)


async def update(
    connection: Connection, workspace: str, given: Mapping[str, Any], *, by: str, now: datetime
) -> Row:
    return await connection.fetchrow(_UPDATE, workspace, given["id"], *_values(given), by, now)


async def delete(connection: Connection, workspace: str, rule: UUID) -> bool:
    """With its alerts and mails."""
    return await connection.fetchval(_DELETE, workspace, rule) is not None


async def watching(connection: Connection, workspaces: Collection[str]) -> dict[str, list[Rule]]:
    """Rules about low ratings, by workspace."""
    found: dict[str, list[Rule]] = {}
    for row in await connection.fetch(_WATCHING, list(workspaces)):
        found.setdefault(row["workspace"], []).append(rule_of(row))
    return found


async def raise_(
    connection: Connection, found: Sequence[tuple[str, UUID, UUID, dict[str, Any]]]
) -> None:
    """(workspace, alert, rule, data); one that was raised before is not raised again."""
    columns = [list(column) for column in zip(*found, strict=True)]
    await connection.execute(_RAISE, *columns)


async def untold(connection: Connection) -> list[tuple[Row, datetime]]:
    """Rules with alerts that wait, and since when the oldest does."""
    return [(row, row["oldest"]) for row in await connection.fetch(_UNTOLD)]


async def take(connection: Connection, workspace: str, rule: UUID) -> Row | None:
    """Locked; None when another replica has it, or it is gone."""
    return await connection.fetchrow(_TAKE, workspace, rule)


async def told(connection: Connection, workspace: str, rule: UUID, *, now: datetime) -> list[Row]:
    """The alerts that waited, which do no longer; the oldest first."""
    rows: list[Row] = await connection.fetch(_TOLD, workspace, rule, now)
    if rows:
        await connection.execute(_NOTE_TOLD, workspace, rule, now)
    return sorted(rows, key=lambda row: (row["made_at"], row["id"]))


async def to_look_at(connection: Connection, *, now: datetime, again: timedelta) -> Row | None:
    """A rule about something that may fall, whose turn it is."""
    return await connection.fetchrow(_TO_LOOK_AT, now, again)


async def looked(
    connection: Connection, workspace: str, rule: UUID, *, week: date | None, problem: str | None
) -> None:
    await connection.execute(_LOOKED, workspace, rule, week, problem)


async def rests(connection: Connection, rule: Rule, *, now: datetime) -> bool:
    """It raised an alert within its cool-down."""
    found: bool = await connection.fetchval(_RESTS, rule.workspace, rule.id, now - rule.cool_down)
    return found


async def page(
    connection: Connection,
    workspace: str,
    *,
    sight: Sight | None,
    rule: UUID | None,
    before: tuple[datetime | None, UUID | None],
    size: int,
) -> list[Row]:
    """Alerts, the newest first; what is in sight."""
    which, given = "", list[Any]()
    if sight is not None:
        which, given = (_OF_AGENT, [sight.agent]) if sight.agent else (_OF_TEAMS, [*_teams(sight)])
    statement = _PAGE.format(sight=which)
    rows: list[Row] = await connection.fetch(statement, workspace, rule, *before, size, *given)
    return rows


def _teams(sight: Sight) -> list[list[str]]:
    """Nobody's calls are in nobody's sight."""
    return [[team for team in sight.teams if team]]


async def forget(connection: Connection, *, before: datetime, most: int) -> bool:
    done: str = await connection.execute(_FORGET, before, most)
    return int(done.rpartition(" ")[2]) == most


def rule_of(row: Row) -> Rule:
    return Rule(
        workspace=row["workspace"],
        id=row["id"],
        name=row["name"],
        kind=Kind(row["kind"]),
        flows=row["flows"],
        surveys=row["surveys"],
        teams=row["teams"],
        queues=row["queues"],
        metric=Metric(row["metric"]) if row["metric"] else None,
        emails=row["emails"],
        webhooks=row["webhooks"],
        digest=Digest(row["digest"]),
        cool_down=timedelta(seconds=row["cool_down"]),
        told_at=row["told_at"],
    )
