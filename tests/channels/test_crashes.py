"""The sender dies at the worst moments: nobody is asked twice, and nothing they gave is lost."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from channel.operation import audit
from channel.store.schema import Schema
from common import events, topics
from common.bus import Message
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.config.store import save
from common.database import Database
from common.events.responses import Response
from common.events.sends import Step
from common.testing.ports import free_port
from sms_sender.testing import PEPPER, enveloped, person, until
from tests.channels.asking import KINDS, Kind, Network, documents, is_approved, network_of, step_of

PEOPLE = 12
DIED = 86  # what a failpoint exits with
ON_BOTH = (
    "claim.before_commit",  # case 5
    "claim.after_commit",  # case 6
    "post.after:6",  # case 7
    "answers.before_commit:2",
)  # at the others, drills die
ON_THE_LINE = ("answer.before_commit:5", "answer.after_commit:5")
CASES = [(kind, place) for kind in KINDS for place in ON_BOTH]
CASES += [("ivr", place) for place in ON_THE_LINE]


@asynccontextmanager
async def process(
    kind: Kind, database_url: str, port: int, *, fail_at: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    short = kind.channel.value.upper()
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "common.process", f"{kind.schema}.app:app"),
        *("--port", str(port)),
        env={
            **os.environ,
            "AFTERCALL_DATABASE_URL": database_url,
            "AFTERCALL_CONTACT_PEPPER": PEPPER,
            "AFTERCALL_PUBLIC_URL": f"http://127.0.0.1:{port}",
            f"AFTERCALL_{short}_CLAIM_SECONDS": "3",
            "AFTERCALL_LOG_LEVEL": "ERROR",
            "AFTERCALL_INTERNAL_PORT": "0",
            "AFTERCALL_FAIL_AT": fail_at,
        },
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        await running.wait()


@pytest.mark.parametrize(("kind", "fail_at"), CASES, indirect=["kind"])
async def test_a_death_at_any_point_asks_nobody_twice_and_loses_no_answer(
    kind: Kind, database_url: str, database: Database, fail_at: str
) -> None:
    port, bus = free_port(), PgLogBus(database)
    await bus.create_topics(topics.partitions())
    async with network_of(kind, f"http://127.0.0.1:{port}") as network:
        async with database.transaction() as connection:
            await save(connection, documents(kind, network.side.base_url), by="test")
        for number in range(PEOPLE):
            network.answers(person(number), "4", "2")
        async with process(kind, database_url, port, fail_at=fail_at) as dying:
            await until(lambda: is_approved(kind, database), seconds=180)
            config = ConfigReader(database)
            asks = [await step_of(kind, config, person(n), "c1") for n in range(PEOPLE)]
            await bus.publish([_due(kind, ask) for ask in asks])
            assert await asyncio.wait_for(dying.wait(), 180) == DIED
        async with process(kind, database_url, port):
            await until(lambda: _settled(kind, database, network), seconds=180)
        await _audit(kind, database, network, asks)
    await bus.close()


def _due(kind: Kind, ask: Step) -> Message:
    return Message(kind.topic, ask.contact_id.bytes, events.encode(enveloped(ask)))


async def _settled(kind: Kind, database: Database, network: Network) -> bool:
    async with database.connection() as connection:
        asked = await audit.asked(connection, Schema(kind.schema))
        left = await audit.backlog(connection, Schema(kind.schema))
    return len(asked) == PEOPLE and left.is_empty and not network.side.tasks.pending


async def _audit(kind: Kind, database: Database, network: Network, asks: list[Step]) -> None:
    async with database.connection() as connection:
        asked = {row.contact_id: row for row in await audit.asked(connection, Schema(kind.schema))}
        received = await audit.received(connection, Schema(kind.schema))
        rows = await connection.fetch(
            "select value from bus.log where topic = $1", topics.RESPONSES
        )
    told = [events.decode(row["value"], Response).data for row in rows]
    accepted = Counter(request.reference for request in network.requests if request.accepted)
    said = Counter(one.sid for one in network.said if one.acknowledged_at)
    stored = Counter(one.message_id for one in received)
    answered = {one.person for one in network.said if one.acknowledged_at}
    assert set(accepted.values()) <= {1}
    assert said <= stored
    for ask in asks:
        state = asked[ask.contact_id].states
        assert state in ({"delivered": 1}, {"unknown": 1})
        assert str(ask.id) in accepted or state == {"unknown": 1}
        scores = [one.score for one in told if one.contact_id == ask.contact_id]
        assert set(scores) == ({4} if ask.address in answered else set())
