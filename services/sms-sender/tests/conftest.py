"""A running sender with its carrier, on a database of its own."""

from collections.abc import AsyncIterator, Sequence

import pytest

from common.bus.pglog import PgLogBus
from common.testing.databases import Package
from sms_sender.testing import TOKEN, Stack, sending


@pytest.fixture
def migrations() -> Sequence[Package]:
    return ("common.config", "common.bus", ("sms_sender", "channel"))


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERCALL_SECRET_CARRIER_TOKEN", TOKEN)


@pytest.fixture
async def stack(database_url: str) -> AsyncIterator[Stack]:
    async with sending(database_url, PgLogBus) as running:
        yield running
