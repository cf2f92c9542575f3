"""The kill switch: how long it takes to switch a flow off, by how many invitations there are.

Invitations of thirty days, a tenth of them of steps that could still be sent; of those one in fifty
is with a sender and one in fifty waits. The switch is timed from the call to its commit, flow after
flow, in turn with those of a workspace that has no invitation at all; how often it looked at a page
of invitations or steps is PostgreSQL's own count. Then what is cancelled after it is timed.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

import asyncpg
import structlog

from bench.events import WORKSPACE
from common.config.store import Document, save
from common.database import Connection, Database
from common.process.service import upgrade
from common.testing.postgres import Server
from orchestrator import app
from orchestrator.repository.schedule import stopping as stretches
from orchestrator.service.configuration.applying import Applying
from orchestrator.service.configuration.configuring import Configuring
from orchestrator.service.schedule.stopping import Stopping

QUIET = "quiet"
FLOWS = 10
STEP = 500_000  # invitations in one statement
_INVITATIONS = """
    insert into orchestrator.invitations (workspace, id, interaction_id, contact_id, flow_id,
        questionnaire, planned_at, answers_until, test, status)
    select $1, md5(n::text)::uuid, md5('i' || n)::uuid, md5('c' || n)::uuid,
        'flow-' || n % $4::int, md5('q')::uuid, now() - at, now() - at + interval '1 day', false,
        case when n % 500 < 10 then 'pending' else 'asked' end
    from (select n, case when n % 10 = 0 then interval '4 hours' else interval '30 days' end
          * ((n * 7919::bigint % 100003) / 100003.0) as at
          from generate_series($2::int, $3::int) n) g
"""
# n % 10 = 0: could be sent for up to four hours more
_STEPS = """
    insert into orchestrator.steps (workspace, invitation_id, number, kind, channel, state, due_at,
        send_by, sent_at)
    select $1, md5(n::text)::uuid, 0, 'ask', 'sms',
        case when n % 500 = 0 then 'waiting' when n % 500 = 10 then 'with_sender' else 'sent' end,
        now() - at, now() - at + interval '4 hours', now()
    from (select n, case when n % 10 = 0 then interval '4 hours' else interval '30 days' end
          * ((n * 7919::bigint % 100003) / 100003.0) as at
          from generate_series($2::int, $3::int) n) g
"""


async def measure(server: Server, sizes: Sequence[int]) -> dict[str, Any]:
    """By number of invitations: milliseconds of the switch, and of all that follows it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    admin = await asyncpg.connect(server.url())
    await admin.execute("create database switching")
    await admin.close()
    url = server.url("switching")
    await upgrade(url, [app.service])
    admin = await asyncpg.connect(url)  # nothing else is to work meanwhile
    for table in ("invitations", "steps"):
        await admin.execute(f"alter table orchestrator.{table} set (autovacuum_enabled = off)")
    await admin.close()
    figures: dict[str, Any] = {}
    there = 0
    for size in sizes:
        for workspace in (WORKSPACE, QUIET):
            async with _database(url) as db:
                await _configure(db, workspace)
        async with _database(url) as db:
            await _fill(db, there + 1, size)
        there = size
        figures[str(size)] = of_size = await _switched_off(url)
        print(f"  {size:>12,} invitations: {of_size}", flush=True)
        async with _database(url) as db:
            print(f"               a stretch of the cancelling: {await _explained(db)}")
            of_size |= await _cancelled(db)
        print(
            f"               {of_size['cancelled']} cancelled in {of_size['seconds']} s", flush=True
        )
    return figures


@asynccontextmanager
async def _database(url: str) -> AsyncIterator[Database]:
    """Sessions of its own: what they did is counted when they end."""
    db = await Database.connect(url, statement_timeout=600.0)
    try:
        yield db
    finally:
        await db.close()


async def _configure(db: Database, workspace: str) -> None:
    question = {"id": "score", "kind": "rating", "scale": [0, 10], "text": {"en": "0 to 10?"}}
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("workspace", {"id": workspace, "name": "Bench"}),
        ("survey", {"id": "nps", "metric": "nps", "questions": [question]}),
        *(("flow", {"id": f"flow-{n}", "survey": "nps", "enabled": True}) for n in range(FLOWS)),
    ]  # fmt: skip
    written = [
        Document(workspace=workspace, kind=kind, id=body["id"], body=body) for kind, body in bodies
    ]
    async with db.transaction() as connection:
        await save(connection, written, by="bench")


async def _fill(db: Database, first: int, last: int) -> None:
    async with db.session() as connection:
        await connection.execute("set maintenance_work_mem = '1GB'")
        async with _bare(connection, "invitations"), _bare(connection, "steps"):
            for start in range(first, last + 1, STEP):
                end = min(last, start + STEP - 1)
                await connection.execute(_INVITATIONS, WORKSPACE, start, end, FLOWS)
                await connection.execute(_STEPS, WORKSPACE, start, end)
        await connection.execute("vacuum (analyze) orchestrator.invitations")
        await connection.execute("vacuum (analyze) orchestrator.steps")
        await connection.execute("checkpoint")


@asynccontextmanager
async def _bare(connection: Connection, table: str) -> AsyncIterator[None]:
    """Without its indexes meanwhile: the ids have no order, so each row would touch other pages."""
    made = await connection.fetch(
        "select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as index,"
        " c.conname as key, pg_get_constraintdef(c.oid) as words"
        " from pg_index i left join pg_constraint c on c.conindid = i.indexrelid"
        " where i.indrelid = $1::regclass",
        f"orchestrator.{table}",
    )
    place = f"alter table orchestrator.{table}"
    for one in made:
        dropped = f"{place} drop constraint {one['key']}" if one["key"] else None
        await connection.execute(dropped or f"drop index {one['name']}")
    yield
    for one in made:
        added = f"{place} add constraint {one['key']} {one['words']}" if one["key"] else None
        await connection.execute(added or one["index"])


async def _switched_off(url: str) -> dict[str, Any]:
    took: dict[str, list[float]] = {WORKSPACE: [], QUIET: []}
    pages = await _pages(url)
    async with _database(url) as db:
        configuring = Configuring(Applying(db, Stopping(db=db)))
        for number in range(FLOWS):
            for workspace, of_it in took.items():
                began = time.perf_counter()
                flow = f"flow-{number}"
                await configuring.switch_flow(workspace, flow, enabled=False, by="bench")
                of_it.append(1e3 * (time.perf_counter() - began))
    return {
        "p50_ms": round(median(took[WORKSPACE]), 1),
        "most_ms": round(max(took[WORKSPACE]), 1),
        "p50_ms_of_a_workspace_without_any": round(median(took[QUIET]), 1),
        "pages_of_invitations_and_steps": await _pages(url) - pages,
    }


async def _pages(url: str) -> int:
    """That were looked at by sessions that ended."""
    await asyncio.sleep(1.0)
    async with _database(url) as db, db.connection() as connection:
        found: int = await connection.fetchval(
            "select sum(heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit)"
            " from pg_statio_user_tables"
            " where schemaname = 'orchestrator' and relname in ('invitations', 'steps')"
        )
        return int(found)


async def _cancelled(db: Database) -> dict[str, Any]:
    """All that follows the switches, and how long it took."""
    stopping, began = Stopping(db=db), time.perf_counter()
    while await stopping.look():
        pass
    seconds = time.perf_counter() - began
    async with db.connection() as connection:
        found = await connection.fetchval(
            "select count(*) from orchestrator.invitations where stopped = 'flow_disabled'"
        )
    return {"cancelled": found, "seconds": round(seconds, 1)}


async def _explained(db: Database) -> str:
    """The plan of one stretch in one line: nodes, and rows that were looked at."""
    async with db.connection() as connection:
        one = await stretches.take(connection)
        assert one is not None
        until = await stretches.next_until(connection, one["workspace"], one["looked_until"])
        lines = await connection.fetch(
            f"explain (analyze, buffers, costs off, timing off) {stretches.PLANNED}",
            one["workspace"], one["flow_id"], one["looked_until"], until, 500,
        )  # fmt: skip
    said = [line[0].strip() for line in lines]
    kept = [s for s in said if s.startswith(("->", "Execution", "Buffers"))]
    return "; ".join(kept)
