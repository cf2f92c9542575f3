"""The process dies as it answers a key: the person hears the same, and answered once."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from common import events, http, topics
from common.bus import Message
from common.bus.pglog import PgLogBus
from common.config.store import save
from common.database import Database
from common.events.responses import Response
from common.testing.ports import free_port
from sms_sender.testing import PEPPER, enveloped, until
from tests.toy_channel.conftest import SECRET, ask, body, documents, said
from tests.toy_channel.provider import signature

ROOT = Path(__file__).parents[2]
DIED = 86  # what a failpoint exits with


@asynccontextmanager
async def process(
    database_url: str, port: int, *, fail_at: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "common.process", "tests.toy_channel.app:app"),
        *("--port", str(port)),
        cwd=ROOT,
        env={
            **os.environ,
            "AFTERCALL_DATABASE_URL": database_url,
            "AFTERCALL_CONTACT_PEPPER": PEPPER,
            "AFTERCALL_PUBLIC_URL": f"http://127.0.0.1:{port}",
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


async def pressed(client: httpx.AsyncClient, port: int) -> httpx.Response | None:
    given = body({"line-a": [said("4", "K1")]})
    url = f"http://127.0.0.1:{port}/v1/ivr/callbacks/main/key"
    headers = {"x-signature": signature(SECRET, given)}
    try:
        return await client.post(url, content=given, headers=headers)
    except httpx.HTTPError:
        return None


@pytest.mark.parametrize("fail_at", ["answer.before_commit", "answer.after_commit"])
async def test_a_request_that_met_a_death_gets_the_one_answer_when_it_comes_again(
    database_url: str, database: Database, tmp_path: Path, fail_at: str
) -> None:
    port, bus, first = free_port(), PgLogBus(database), ask()
    await bus.create_topics(topics.partitions())
    async with database.transaction() as connection:
        await save(connection, documents(tmp_path), by="test")

    async def is_sent() -> bool:
        async with database.connection() as connection:
            return await connection.fetchval("select state from toy_sender.sends") == "sent"

    async with http.client() as client:
        async with process(database_url, port, fail_at=fail_at) as dying:
            key = str(first.contact_id).encode()
            event = events.encode(enveloped(first))
            await bus.publish([Message(topics.STEPS_IVR, key, event)])
            await until(is_sent)
            assert await pressed(client, port) is None
            assert await asyncio.wait_for(dying.wait(), 30) == DIED
        async with process(database_url, port):
            answers: list[str] = []

            async def has_answered() -> bool:
                if answer := await pressed(client, port):
                    answers.append(answer.text)
                return len(answers) == 2

            await until(has_answered)

            async def is_published() -> bool:
                return bool(await responses(database))

            await until(is_published)
    await bus.close()

    assert answers == ["Why?", "Why?"]
    (response,) = await responses(database)
    assert (response.score, response.revision) == (4, 1)


async def responses(database: Database) -> list[Response]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select value from bus.log where topic = $1", topics.RESPONSES
        )
    return [events.decode(row["value"], Response).data for row in rows]
