"""An answer is acknowledged only when it is kept: by the database, else by the topic."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from common.bus.pglog import PgLogBus
from common.database import Database
from common.database.migrations import migrate
from common.errors import Retry
from common.testing.postgres import Server
from sandbox.ledger import Webhook, only
from sms_sender.testing import Stack, enveloped, sending, step, until


@pytest.fixture
async def server(run_folder: Path) -> AsyncIterator[Server]:
    """A PostgreSQL of the sender's own, which may go away."""
    running = Server(run_folder / uuid4().hex)
    running.start()
    for schema, package in (
        ("config", "common.config"),
        ("bus", "common.bus"),
        ("sms_sender", "channel"),
    ):
        await migrate(running.url(), schema, package)
    yield running
    running.stop(immediate=True)


async def test_an_answer_that_comes_while_the_database_is_away_counts_later(
    server: Server, database: Database
) -> None:
    async with sending(server.url(), lambda _: PgLogBus(database)) as stack:
        await _asked(stack)
        server.stop(immediate=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(90):  # the carrier tells us until we acknowledge
                await stack.says("5")
        told = only(stack.carrier.ledger, Webhook)
        tries = [(w.status, w.attempt) for w in told if w.event == "received"]
        assert tries == [(200, 1)]
        server.start()

        await until(lambda: _outcomes(stack))
        assert await _outcomes(stack) == ["answer"]


async def test_when_topic_and_database_are_away_nothing_is_acknowledged(server: Server) -> None:
    async with sending(server.url(), PgLogBus) as stack:
        await _asked(stack)
        server.stop(immediate=True)
        writing = stack.carrier.tasks.spawn(stack.says("5"))
        await until(lambda: _refused(stack))
        server.start()
        await writing  # the carrier tells us until we acknowledge

        await until(lambda: _outcomes(stack))
        assert await _outcomes(stack) == ["answer"]


async def test_an_answer_waits_two_seconds_for_a_database_that_hangs(stack: Stack) -> None:
    await _asked(stack)
    async with stack.db.transaction() as connection:
        await connection.execute("lock table sms_sender.inbox in access exclusive mode")
        await stack.says("5")
        acknowledged = only(stack.carrier.ledger, Webhook)[-1]
        assert (acknowledged.status, acknowledged.attempt) == (200, 1)
    await until(lambda: _outcomes(stack))

    assert await _outcomes(stack) == ["answer"]


async def _asked(stack: Stack) -> None:
    ask = step()
    await stack.sender.intake.on_steps([enveloped(ask)])
    await stack.waits_for(ask.id, "delivered")
    await stack.carrier.settled()


async def _outcomes(stack: Stack) -> list[str]:
    try:
        rows = await stack.fetch("select outcome from sms_sender.inbox where kind = 'message'")
    except Retry:
        return []
    return [row["outcome"] for row in rows if row["outcome"]]


async def _refused(stack: Stack) -> bool:
    return any(w.status == 503 for w in only(stack.carrier.ledger, Webhook))
