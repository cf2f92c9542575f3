"""Facts of a large contact centre, made in the database: two years, 2,000 agents.

Facts by one statement, then packed days as the service packs them, then rollups as sums over these.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from analytics.domain.cells import Cell, Dimension, add
from analytics.domain.facts import Fact, with_decision, with_delivery, with_response
from analytics.domain.figures import Row
from analytics.domain.instruments import Given, Instrument, code
from analytics.domain.selection import Period, Selection
from analytics.repository import packed
from analytics.testing import decision, delivery, response
from common.database import Database

AGENTS, QUEUES, DAYS = 2_000, 20, 730
LAST = date(2026, 1, 14)
FIRST = LAST - timedelta(days=DAYS - 1)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
WORKSPACE = "acme"
INDEXES = ("facts_day", "facts_answered", "facts_contact", "facts_pkey")

_FACTS = """
insert into analytics.facts (workspace, interaction_id, writes, revision, day, zone, ended_at,
    decided_at, reason, flow_id, flow_version, survey, survey_version, metric, planned_channel,
    contact_id, address, queue, agent, agent_name, team, number, site, region, disposition,
    agents, teams, longest, kind, ending, direction, country, source, call_id, talk_seconds,
    wait_seconds, hold_seconds, transfers, tags, steps, replies, slots, answers, channel, score,
    answered_at, answered_day)
select 'acme', gen_random_uuid(), 3, 1, at::date, 'UTC', at, at + interval '1 second',
    case when reach = 0 then 'frequency_cap' end, case when reach > 0 then 'after-call' end,
    case when reach > 0 then 1 end, survey, case when reach > 0 then 1 end,
    case survey when 'csat' then 'csat' when 'nps' then 'nps' else '' end,
    case when reach > 0 then channel else '' end, gen_random_uuid(), '+120255*****1',
    'q' || queue, 'a' || agent, 'Agent ' || agent, 't' || agent % 15, '+12025550' || 100 + queue,
    's' || agent % 4, 'r' || queue % 6, 'd' || disposition, array['a' || agent],
    array['t' || agent % 15], 1, 'call', 'connected', case when random() < .8 then 'inbound'
    else 'outbound' end, 'US', 'pbx', 'c' || i, 30 + 400 * random(), 120 * random(), 0, 0,
    case when random() < .1 then array['vip'] else '{}' end,
    case when reach > 0 then $4 else '[]' end::json, case when reach >= 3 then $5 else '[]'
    end::json,
    case reach when 0 then '{0,26}' when 1 then '{0,1,2}' when 2 then '{0,1,2,3}'
        else '{0,1,2,3,4,5,6}' end::smallint[],
    case when reach >= 3 then array[format(case survey when 'csat' then $6 else $7 end, score),
        format($8, 1 + score % 7)] else '{}' end,
    case when reach > 0 then channel else '' end, case when reach >= 3 then score end,
    case when reach >= 3 then at + interval '5 minutes' end,
    case when reach >= 3 then (at + interval '5 minutes')::date end
from (
    select *, case when reach = 0 then '' when queue % 5 = 0 then 'nps' else 'csat' end as survey,
        case when queue % 5 = 0 then (random() * 10)::integer else 1 + (random() * 4)::integer end
            as score
    from (
        select i, $1::timestamptz + (i * $3 / $2::float8) * interval '1 day' as at,
            agent, (agent % 15 + (random() * 2)::integer) % 20 as queue,
            (random() * 11)::integer as disposition,
            (array['sms', 'sms', 'sms', 'whatsapp', 'ivr'])[1 + (random() * 4)::integer] as channel,
            case when r < .3 then 0 when r < .35 then 1 when r < .85 then 2 else 3 end as reach
        from (
            select i, random() as r, (random() * 1999)::integer as agent
            from generate_series(0, $2::bigint - 1) as i offset 0
        ) as drawn offset 0
    ) as placed offset 0
) as told
"""

_CHANGES = """
insert into analytics.changes (workspace, changed_at, interaction_id)
select workspace, answered_at, interaction_id from analytics.facts
where slots @> '{4}' order by answered_at
"""


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _sample() -> tuple[str, str]:
    """A step and a reply, as they are stored."""
    told = decision("sample")
    fact = Fact(workspace=WORKSPACE, interaction=told.interaction.id)
    fact = with_delivery(with_decision(fact, told, ZoneInfo("UTC")), delivery("sample"))
    fact = with_response(fact, response("sample", 4, language="en"))
    return _json(fact.steps), _json(fact.replies)


def _answer(survey: str, question: str, metric: str, low: int, high: int, *, first: bool) -> str:
    """The code of an answer, with a place for its value."""
    one = Given(Instrument(survey, question, metric, low, high, first), 12345)
    return code(one).replace("12345", "%s")


async def _is_empty(db: Database, table: str) -> bool:
    async with db.connection() as connection:
        return not await connection.fetchval(f"select true from analytics.{table} limit 1")


async def facts(db: Database, count: int) -> None:
    """Each step leaves alone what an earlier run has filled."""
    if not await _is_empty(db, "facts"):
        return
    steps, replies = _sample()
    csat = _answer("csat", "score", "csat", 1, 5, first=True)
    nps = _answer("nps", "score", "nps", 0, 10, first=True)
    ease = _answer("csat", "ease", "ces", 1, 7, first=False)
    begin = datetime.combine(FIRST, datetime.min.time(), UTC)
    async with db.session() as connection:
        await connection.execute("set statement_timeout = 0; set maintenance_work_mem = '1GB'")
        made = [
            row["indexdef"]
            for row in await connection.fetch(
                "select indexdef from pg_indexes where schemaname = 'analytics'"
                " and tablename = 'facts' and indexname <> 'facts_pkey'"
            )
        ]
        async with connection.transaction():
            await connection.execute("truncate analytics.facts")  # what follows writes no log
            for name in INDEXES[:-1]:
                await connection.execute(f"drop index analytics.{name}")
            await connection.execute("alter table analytics.facts drop constraint facts_pkey")
            await connection.execute("alter table analytics.facts disable trigger user")
            values = (begin, count, float(DAYS), steps, replies, csat, nps, ease)
            await connection.execute(_FACTS, *values, timeout=3_600)
            await connection.execute(
                "alter table analytics.facts add primary key (workspace, interaction_id)",
                timeout=3_600,
            )
            for text in made:
                await connection.execute(text, timeout=3_600)
            await connection.execute("alter table analytics.facts enable trigger user")
            await connection.execute(_CHANGES, timeout=3_600)
        for table in ("facts", "changes"):
            await connection.execute(f"vacuum analyze analytics.{table}", timeout=3_600)


async def pack(db: Database, count: int) -> None:
    async with db.connection() as connection:
        rows = await connection.fetch("select day from analytics.packed")
    there = {row["day"] for row in rows}
    for day in (FIRST + timedelta(days=number) for number in range(DAYS)):
        if day not in there:
            async with db.transaction() as connection:
                await packed.pack(connection, WORKSPACE, day)


async def sums(db: Database, count: int) -> None:
    """Rollups of every dimension, a month at a time."""
    if not await _is_empty(db, "rollups"):
        return
    month = FIRST.replace(day=1)
    while month <= LAST:
        after = (month + timedelta(days=32)).replace(day=1)
        for dimension in Dimension:
            await _of_month(db, dimension, month, after - timedelta(days=1))
        month = after
    async with db.session() as connection:
        await connection.execute("set statement_timeout = 0")
        await connection.execute("vacuum analyze analytics.rollups", timeout=3_600)
        await connection.execute("vacuum analyze analytics.packed", timeout=3_600)
        await connection.execute("analyze analytics.terms")


async def _of_month(db: Database, dimension: Dimension, first: date, last: date) -> None:
    by = None if dimension is Dimension.TOTAL else dimension
    cells: dict[Cell, Sequence[int]] = {}
    async with db.session() as connection, connection.transaction():
        for survey in ("csat", "nps", ""):
            chosen = Selection(workspace=WORKSPACE, first=first, last=last, surveys=[survey], by=by)
            read = await packed.read(connection, chosen, Period.DAY, scores=True)
            for cell, counts in _cells(read.rows, dimension, survey):
                cells[cell] = counts
                month = cell._replace(grain="m", start=first)
                known = cells.get(month)
                cells[month] = counts if known is None else add(known, counts)
        await connection.copy_records_to_table(
            "rollups",
            schema_name="analytics",
            columns=(*Cell._fields, "counts"),
            records=[(*cell, counts) for cell, counts in cells.items()],
        )


def _cells(
    rows: Sequence[Row], dimension: Dimension, survey: str
) -> Iterator[tuple[Cell, Sequence[int]]]:
    for row in rows:
        rest: Any = row.instrument or (survey, "", survey, 0, 0, False)
        start = date.fromisoformat(row.period)
        yield Cell(WORKSPACE, str(dimension), "d", start, row.group, *rest), row.counts


async def loosen(db: Database, days: int) -> None:
    """Takes the newest packed days away: answers to their calls are still coming."""
    async with db.transaction() as connection:
        last = [(WORKSPACE, LAST - timedelta(days=number)) for number in range(days)]
        await packed.unpack(connection, last)
