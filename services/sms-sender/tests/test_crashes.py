"""The sender dies at the worst moments: nobody is texted twice, no answer is lost."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from channel.operation import audit
from channel.store.schema import Schema
from common import events, topics
from common.bus import Message
from common.bus.pglog import PgLogBus
from common.config.store import save
from common.database import Database
from common.events.responses import Response
from common.testing.ports import free_port
from sandbox.carrier import Carrier, Text
from sandbox.ledger import accepted_per_person, acknowledged_replies
from sandbox.messages import Account
from sandbox.serving import serve
from sms_sender.testing import (
    OURS,
    PEPPER,
    TOKEN,
    contact_of,
    documents,
    enveloped,
    person,
    sid,
    step,
    until,
)

PEOPLE = 30
DIED = 86  # what a failpoint exits with
ASK = "Acme: How was it"
SCHEMA = Schema("sms_sender")


@dataclass(slots=True)
class Answering:
    """Everybody answers the ask once, whoever is listening by then."""

    carrier: Carrier
    answered: set[str] = field(default_factory=set)

    def hear(self, text: Text) -> None:
        if text.body.startswith(ASK) and text.person not in self.answered:
            self.answered.add(text.person)
            self.carrier.tasks.spawn(self.carrier.receive(text.person, text.sender, body="5"))


@asynccontextmanager
async def process(
    database_url: str, port: int, *, fail_at: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "common.process", "sms_sender.app:app"),
        *("--port", str(port)),
        env={
            **os.environ,
            "AFTERCALL_DATABASE_URL": database_url,
            "AFTERCALL_CONTACT_PEPPER": PEPPER,
            "AFTERCALL_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "AFTERCALL_SMS_CLAIM_SECONDS": "3",
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


@pytest.mark.parametrize(
    "fail_at",
    [
        "claim.before_commit",
        "claim.after_commit",
        "post.after:20",
        "record.before_commit:2",
        "inbox.before_commit:5",
        "inbox.after_commit:5",
        "answers.before_commit:2",
        "relay.after_publish:2",
    ],
)
async def test_a_death_at_any_point_texts_nobody_twice_and_loses_no_answer(
    database_url: str, database: Database, fail_at: str
) -> None:
    port = free_port()
    account = Account(
        TOKEN,
        numbers=(OURS,),
        inbound_url=f"http://127.0.0.1:{port}/v1/sms/callbacks/main/inbound",
    )
    bus = PgLogBus(database)
    await bus.create_topics(topics.partitions())
    async with serve(Carrier, accounts={sid(): account}, webhook_tries=0) as carrier:
        carrier.listeners.append(Answering(carrier).hear)
        async with database.transaction() as connection:
            await save(connection, documents(carrier.base_url), by="test")
        async with process(database_url, port, fail_at=fail_at) as dying:
            await bus.publish([_due(number) for number in range(PEOPLE)])
            assert await asyncio.wait_for(dying.wait(), 60) == DIED
        async with process(database_url, port):
            await until(lambda: _settled(database, carrier), seconds=60)
        await _audit(database, carrier)
    await bus.close()


def _due(number: int) -> Message:
    ask = step(person(number))
    return Message(topics.STEPS_SMS, str(ask.contact_id).encode(), events.encode(enveloped(ask)))


async def _settled(database: Database, carrier: Carrier) -> bool:
    async with database.connection() as connection:
        asked = await audit.asked(connection, SCHEMA)
        left = await audit.backlog(connection, SCHEMA)
    return len(asked) == PEOPLE and left.is_empty and not carrier.tasks.pending


async def _audit(database: Database, carrier: Carrier) -> None:
    async with database.connection() as connection:
        asked = {row.contact_id: row for row in await audit.asked(connection, SCHEMA)}
        received = await audit.received(connection, SCHEMA)
        rows = await connection.fetch(
            "select value from bus.log where topic = $1", topics.RESPONSES
        )
    published = {
        (found.id, found.revision)
        for found in (events.decode(row["value"], Response).data for row in rows)
    }
    for number in range(PEOPLE):
        texts = [t for t in _accepted(carrier, person(number)) if t.startswith(ASK)]
        assert len(texts) <= 1
        assert asked[contact_of(person(number))].states in ({"delivered": 1}, {"unknown": 1})
        if not texts:
            assert asked[contact_of(person(number))].states == {"unknown": 1}
    replies = acknowledged_replies(list(carrier.ledger))
    assert sorted(h.message_id for h in received) == sorted(r.sid for r in replies)
    assert all(h.outcome == "answer" for h in received)
    assert {(h.response_id, h.response_revision) for h in received} <= published


def _accepted(carrier: Carrier, number: str) -> list[str]:
    return [request.body for request in accepted_per_person(carrier.ledger).get(number, [])]
