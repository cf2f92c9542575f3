"""The database of these tests has the schemas that analytics reads and writes."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import httpx
import pytest

from analytics.app import service
from analytics.service import Intake
from analytics.testing import NOW
from analytics.testing.running import Api, configure
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.database import Database
from common.http import client
from common.process.access import key_hash
from common.process.runtime import Runtime
from common.process.service import running
from common.process.settings import CommonSettings
from common.process.web import application
from common.topics import partitions
from tests.contracts.conforming import conforming

KEYS = (
    ("reader", "acme", ["read"]),
    ("admin", "acme", ["admin"]),
    ("other", "other", ["read"]),
    ("writer", "acme", ["events:write"]),
    ("operator", None, ["admin"]),
)


@pytest.fixture
def migrations() -> Sequence[str]:
    return ("common.config", "common.bus", "analytics")


@pytest.fixture
async def intake(database: Database) -> Intake:
    """Of the workspaces `acme` and `other`, in UTC."""
    await configure(database)
    await configure(database, workspace="other")
    return Intake(database, ConfigReader(database))


@pytest.fixture
async def api(database: Database, database_url: str, intake: Intake) -> AsyncIterator[Api]:
    """It believes that it is `NOW`."""
    await _make_keys(database)
    settings = CommonSettings.model_validate(
        {"database_url": database_url, "contact_pepper": "the pepper of the tests"}
    )

    def now() -> datetime:
        return NOW

    async with client() as outgoing:
        runtime = Runtime(
            settings=settings,
            db=database,
            bus=PgLogBus(database),
            http=outgoing,
            config=ConfigReader(database),
            clock=now,
        )
        await runtime.bus.create_topics(partitions())
        app = application([service], None)
        transport = httpx.ASGITransport(app)
        async with (
            running(app, runtime, [service]),
            httpx.AsyncClient(
                transport=transport,
                base_url="http://analytics",
                event_hooks={"response": [conforming("analytics")]},
            ) as http,
        ):
            yield Api(http, runtime)
        await runtime.bus.close()


async def _make_keys(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.executemany(
            "insert into config.api_keys (id, workspace, name, hash, scopes)"
            " values ($1, $2, $1, $3, $4)",
            [(name, workspace, key_hash("secret"), scopes) for name, workspace, scopes in KEYS],
        )
