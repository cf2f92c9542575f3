"""The topics, the database, or both are away while somebody answers: see docs/reliability.md."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from common.database import Database
from common.database.migrations import migrate
from common.errors import Retry
from common.events.values import Channel
from common.testing.databases import Package
from common.testing.ports import free_port
from common.testing.postgres import Server
from sms_sender.testing import CALLER, until
from tests.channels.asking import Asking, Kind, asking, network_of


@pytest.fixture
async def server(run_folder: Path, migrations: Sequence[Package]) -> AsyncIterator[Server]:
    """A PostgreSQL that may go away; the other one stays."""
    running = Server(run_folder / uuid4().hex)
    running.start()
    for package in migrations:
        named = package if isinstance(package, tuple) else (package.rpartition(".")[2], package)
        await migrate(running.url(), *named)
    yield running
    running.stop(immediate=True)


async def _asked(here: Asking) -> None:
    """Somebody has the question, and waits with their answer."""
    here.network.may_answer.clear()
    here.network.answers(CALLER, "4")
    await here.ask()
    await here.network.asked.wait()


async def _score(here: Asking) -> int | None:
    try:
        found = await here.responses()
    except Retry:
        return None
    return found[-1].score if found else None


async def test_an_answer_while_the_topics_are_away_is_acknowledged_and_counts(
    kind: Kind, database_url: str, server: Server
) -> None:
    """Case 17."""
    port, log = free_port(), await Database.connect(server.url(), size=6)
    async with (
        network_of(kind, f"http://127.0.0.1:{port}", tries=1) as network,
        asking(kind, database_url, network, port, log=log) as here,
    ):
        await _asked(here)
        server.stop(immediate=True)
        network.may_answer.set()

        await until(lambda: _acknowledged(here))
        server.start()

        await until(lambda: _score(here))
        assert await _score(here) == 4
    await log.close()


async def test_an_answer_while_the_database_is_away_counts_when_it_is_back(
    kind: Kind, database: Database, server: Server
) -> None:
    """Case 18: on the telephone they hear our goodbye, for what is next is not known."""
    port = free_port()
    async with (
        network_of(kind, f"http://127.0.0.1:{port}", tries=1) as network,
        asking(kind, server.url(), network, port, log=database) as here,
    ):
        await _asked(here)
        server.stop(immediate=True)
        network.may_answer.set()
        await network.side.settled()

        on_the_line = kind.channel is Channel.IVR
        assert await _acknowledged(here) is not on_the_line
        assert not network.by_provider
        server.start()

        await until(lambda: _score(here))
        assert await _score(here) == 4


async def test_what_is_acknowledged_while_both_are_away_is_nothing(
    kind: Kind, server: Server
) -> None:
    """Case 19: Meta tells it again, and it counts; whoever is called hears our goodbye."""
    port, on_the_line = free_port(), kind.channel is Channel.IVR
    async with (
        network_of(kind, f"http://127.0.0.1:{port}", tries=1 if on_the_line else 0) as network,
        asking(kind, server.url(), network, port) as here,
    ):
        await _asked(here)
        server.stop(immediate=True)
        network.may_answer.set()

        await until(lambda: _refused(here))
        assert not await _acknowledged(here)
        server.start()

        if on_the_line:
            await network.side.settled()
            assert not network.by_provider
        else:
            await until(lambda: _score(here))


async def _acknowledged(here: Asking) -> bool:
    return any(one.acknowledged_at for one in here.network.said)


async def _refused(here: Asking) -> bool:
    return any(webhook.status == 503 for webhook in here.network.webhooks)
