"""`aftercall dead list | show` on a real log: what is wrong is told, whose number it is never."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner, Result

from aftercall.main import app
from aftercall.masking import masked_bytes, masked_text
from common.bus import Message, Partition, Record
from common.bus.pglog import PgLogBus
from common.errors import BadInput
from common.streams.dead_letters import dead_message
from common.testing.databases import Package

NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
BODY = (
    b'{"id": "0b1f4a52-8a1c-4d1e-9f52-7f5a3c6f1e11", "address": "+12025550101",'
    b' "ended_at": "2026-01-05T10:00:00+00:00", "phone": 12025550102, "talk_seconds": 90,'
    b' "note": "call me at (202) 555-0103 or ann@example.com", "queue": "billing"}'
)


@pytest.fixture
def migrations() -> Sequence[Package]:
    return ("common.bus", "common.config")


def dead(*arguments: str, url: str) -> Result:
    environment = {
        "AFTERCALL_DATABASE_URL": url,
        "AFTERCALL_CONTACT_PEPPER": "a pepper for tests, nothing else",
        "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": None,
    }
    return CliRunner().invoke(app, ["dead", *arguments], env=environment)


async def set_aside(bus: PgLogBus, body: bytes, *, offset: int) -> None:
    record = Record(Partition("aftercall.interactions", 2), offset, b"k", body, (), NOW)
    problem = BadInput.at("address", "+12025550104 is no number")
    message: Message = dead_message(record, problem, group="orchestrator", now=NOW)
    await bus.create_topics({message.topic: 1})
    await bus.publish([message])


async def test_a_dead_record_is_shown_without_numbers(
    pglog_bus: PgLogBus, database_url: str
) -> None:
    await set_aside(pglog_bus, b"{}", offset=6)
    await set_aside(pglog_bus, BODY, offset=7)

    name = "aftercall.interactions[2]@7"
    shown = await asyncio.to_thread(dead, "show", name, url=database_url)
    listed = await asyncio.to_thread(dead, "list", url=database_url)

    assert shown.exit_code == 0, shown.output
    assert f"record:        {name}" in shown.output
    assert "not usable by: orchestrator" in shown.output
    assert '"queue": "billing"' in shown.output
    assert '"ended_at": "2026-01-05T10:00:00+00:00"' in shown.output
    assert name in listed.output
    for text in (shown.output, listed.output):
        assert "2025550" not in text
        assert "555-01" not in text
        assert "ann@" not in text


async def test_a_record_that_is_not_there_is_told(pglog_bus: PgLogBus, database_url: str) -> None:
    await set_aside(pglog_bus, b"{}", offset=6)

    ended = await asyncio.to_thread(dead, "show", "aftercall.interactions[2]@9", url=database_url)

    assert ended.exit_code == 1
    assert "not among the dead records" in ended.output


def test_a_name_that_is_none_says_how_they_look() -> None:
    ended = dead("show", "7", url="postgresql://127.0.0.1:1/x")

    assert ended.exit_code == 1
    assert "TOPIC[PARTITION]@OFFSET" in ended.output


@pytest.mark.parametrize(
    "text", ["+12025550101", "202 555 0101", "(202) 555-0101", "tel:+1-202-555-0101", "5550101"]
)
def test_a_number_is_masked_however_it_is_written(text: str) -> None:
    assert "0101" not in masked_text(f"from {text}.")
    assert "digits›" in masked_text(f"from {text}.")


def test_bytes_that_are_no_text_can_be_shown_and_command_no_terminal() -> None:
    assert masked_bytes(b"\x1b[2Jabc\xff12025550101") == "\\x1b[2Jabc\\xff‹11 digits›"
