"""The kill switch: how long it takes to switch a flow off, by how many invitations there are.

Invitations of thirty days, a tenth of them of steps that could still be sent; of those one in fifty
is with a sender and one in fifty waits. The switch is timed from the call to its commit, flow after
flow, while a second connection plans and hands over nothing; then what is cancelled after it.
"""

import logging
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import asyncpg
import structlog

from bench.events import LINE, SENDER, WORKSPACE
from common.config.store import Document, save
from common.database import Database
from common.process.service import upgrade
from common.testing.postgres import Server
from orchestrator import app
from orchestrator.repository.schedule import stopping as stretches
from orchestrator.service.configuration.applying import Applying
from orchestrator.service.configuration.configuring import Configuring
from orchestrator.service.schedule.stopping import Stopping

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
    db = await Database.connect(url, statement_timeout=600.0)
    figures, there = {}, 0
    for size in sizes:
        await _configure(db)
        await _fill(db, there + 1, size)
        there = size
        figures[str(size)] = await _switch_off(db, size)
    await db.close()
    return figures


async def _configure(db: Database) -> None:
    question = {"id": "score", "kind": "rating", "scale": [0, 10], "text": {"en": "0 to 10?"}}
    bodies = [
        ("workspace", {"id": WORKSPACE, "name": "Bench"}),
        ("number", {"number": LINE}),
        ("account", {"id": "carrier", "account_sid": "AC", "auth_token": "secret:token",
                     "senders": [{"number": SENDER}]}),
        ("survey", {"id": "nps", "metric": "nps", "questions": [question]}),
        *(("flow", {"id": f"flow-{n}", "survey": "nps", "enabled": True}) for n in range(FLOWS)),
    ]  # fmt: skip
    written = [
        Document(workspace=WORKSPACE, kind=kind, id=body.get("id") or body["number"], body=body)
        for kind, body in bodies
    ]
    async with db.transaction() as connection:
        await save(connection, written, by="bench")


async def _fill(db: Database, first: int, last: int) -> None:
    async with db.connection() as connection:
        for start in range(first, last + 1, STEP):
            end = min(last, start + STEP - 1)
            await connection.execute(_INVITATIONS, WORKSPACE, start, end, FLOWS)
            await connection.execute(_STEPS, WORKSPACE, start, end)
        await connection.execute("analyze orchestrator.invitations")
        await connection.execute("analyze orchestrator.steps")
        await connection.execute("checkpoint")


async def _switch_off(db: Database, size: int) -> dict[str, Any]:
    stopping = Stopping(db=db)
    configuring = Configuring(Applying(db, stopping))
    took = []
    for number in range(FLOWS):
        began = time.perf_counter()
        await configuring.switch_flow(WORKSPACE, f"flow-{number}", enabled=False, by="bench")
        took.append(1e3 * (time.perf_counter() - began))
    stretch = await _explained(db)
    before = await _cancelled(db)
    began = time.perf_counter()
    while await stopping.look():
        pass
    seconds = time.perf_counter() - began
    figures = {
        "switch_ms_p50": round(median(took), 1),
        "switch_ms_most": round(max(took), 1),
        "cancelled_after_it": await _cancelled(db) - before,
        "cancelling_seconds": round(seconds, 1),
    }
    print(f"  {size:>12,} invitations: {figures}")
    print(f"               one stretch of the cancelling: {stretch}", flush=True)
    return figures


async def _cancelled(db: Database) -> int:
    async with db.connection() as connection:
        found: int = await connection.fetchval(
            "select count(*) from orchestrator.invitations where stopped = 'flow_disabled'"
        )
        return found


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
