"""Fixtures: the two buses; Kafka is real, shared by the run, and each test has its own names."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from common.bus import Bus
from common.bus.pglog import PgLogBus
from common.database import Database
from common.testing.kafka import Broker
from common.testing.probe import cluster_id
from common.testing.shared import Started, once

if TYPE_CHECKING:
    from common.bus.kafka import KafkaBus


@pytest.fixture(scope="session")
def kafka_servers(run_folder: Path) -> str:
    """`host:port,...` of AFTERCALL_TEST_KAFKA, else of a broker of this run; never a skip."""
    if named := os.environ.get("AFTERCALL_TEST_KAFKA"):
        if cluster_id(named) is None:
            pytest.fail(f"AFTERCALL_TEST_KAFKA={named}: no Kafka answers there")
        return named
    try:
        return once(run_folder, "kafka", lambda: _start(run_folder))["servers"]
    except RuntimeError as error:
        pytest.fail(str(error))


def _start(run_folder: Path) -> Started:
    broker = Broker(run_folder / "kafka")
    broker.start()
    return {"servers": broker.servers}, broker.leave()


@pytest.fixture
async def pglog_bus(database: Database) -> AsyncIterator[PgLogBus]:
    """The log in this test's own database; its `migrations` must have "common.bus"."""
    opened = PgLogBus(database)
    yield opened
    await opened.close()


@pytest.fixture
def kafka_namespace() -> str:
    """What `KafkaBus` puts before the names of topics and groups, so that tests share a broker."""
    return f"t{uuid4().hex[:12]}."


@pytest.fixture
async def kafka_bus(kafka_servers: str, kafka_namespace: str) -> "AsyncIterator[KafkaBus]":
    """Quick to notice that a member has died: tests wait for it."""
    from common.bus.kafka import (
        KafkaBus,  # loaded only where it is used, as in `common.process.service`
    )

    opened = KafkaBus(
        kafka_servers, namespace=kafka_namespace, session_timeout=3.0, metadata_max_age=1.0
    )
    yield opened
    await opened.close()


@pytest.fixture(params=["pglog", "kafka"])
def bus(request: pytest.FixtureRequest) -> Bus:
    """The same test on both."""
    found: Bus = request.getfixturevalue(f"{request.param}_bus")
    return found
