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


@pytest.fixture(params=["twilio", "plivo"])
def network(request: pytest.FixtureRequest) -> str:
    """Whoever carries a call, people hear the same."""
    return str(request.param)


@pytest.fixture
async def line(database: Database, network: str) -> AsyncIterator[Line]:
    async with calling(database, network=network) as running_line:
        yield running_line


@pytest.fixture
async def waiting(database: Database, network: str) -> AsyncIterator[Line]:
    """Callers are passed on to it: it waits for them before it calls."""
    account = {"callers_come": "10m"}
    async with calling(database, network=network, account=account) as running_line:
        yield running_line
