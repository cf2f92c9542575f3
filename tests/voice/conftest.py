"""A running gateway with the telephone network, on a database of its own."""

from collections.abc import AsyncIterator, Sequence

import pytest

from common.database import Database
from common.testing.databases import Package
from sms_sender.testing import TOKEN
from tests.voice.running import Line, calling


@pytest.fixture
def migrations() -> Sequence[Package]:
    return ("common.config", "common.bus", ("ivr_gateway", "channel"))


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCALL_SECRET_CARRIER_TOKEN", TOKEN)


@pytest.fixture
async def line(database: Database) -> AsyncIterator[Line]:
    async with calling(database) as running_line:
        yield running_line


@pytest.fixture
async def waiting(database: Database) -> AsyncIterator[Line]:
    """Callers are passed on to it: it waits for them before it calls."""
    async with calling(database, account={"callers_come": "10m"}) as running_line:
        yield running_line
