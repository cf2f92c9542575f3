"""Each case for calls and for chats, on a database of its own."""

from collections.abc import AsyncIterator, Sequence

import pytest

from common.database import Database
from common.testing.databases import Package
from common.testing.ports import free_port
from sms_sender.testing import TOKEN
from tests.channels.asking import KINDS, SECRET, Asking, Kind, asking, network_of


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def packages(kind: Kind) -> Sequence[Package]:
    """What such a sender's database has, without that of a bus."""
    own: list[Package] = [(kind.schema, "channel")]
    return ("common.config", *own, *([kind.schema] if kind.schema == "whatsapp_sender" else []))


@pytest.fixture
def migrations(packages: Sequence[Package]) -> Sequence[Package]:
    return ("common.bus", *packages)


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SECRET, TOKEN)


@pytest.fixture
async def here(kind: Kind, database_url: str, database: Database) -> AsyncIterator[Asking]:
    port = free_port()
    async with (
        network_of(kind, f"http://127.0.0.1:{port}") as network,
        asking(kind, database_url, network, port) as running,
    ):
        yield running
