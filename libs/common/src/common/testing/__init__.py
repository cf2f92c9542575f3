"""The pytest plugin of every member: real PostgreSQL and Kafka, shared by the workers of a run.

A test module that needs other schemas than the bus's overrides the fixture `migrations`.
"""

import os
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import settings

from common.telemetry import logging
from common.testing.buses import bus, kafka_bus, kafka_namespace, kafka_servers, pglog_bus
from common.testing.databases import (
    database,
    database_url,
    make_database,
    master_keys,
    migrations,
    postgres_url,
)
from common.testing.logs import logged, logs_as_before
from common.testing.shared import close_run, open_run

__all__ = [
    "bus",
    "database",
    "database_url",
    "kafka_bus",
    "kafka_namespace",
    "kafka_servers",
    "logged",
    "logs_as_before",
    "make_database",
    "master_keys",
    "migrations",
    "pglog_bus",
    "postgres_url",
]

settings.register_profile("aftercall", deadline=None)  # a busy machine is no bug of ours
settings.load_profile("aftercall")
_RUN = pytest.StashKey[Path]()
_SERVERS = {"postgres_url", "kafka_servers", "bus", "server"}
_PROGRAMS = {"checker", "overlays", "load"}  # promtool, kustomize, compose


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks for a server or another program is `integration`; the rest are unit tests."""
    for item in items:
        if (_SERVERS | _PROGRAMS) & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.integration)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Opens the run, and keeps every test on this machine."""
    if not config.option.allow_hosts:
        config.option.allow_hosts = ",".join(["127.0.0.1", "::1", "localhost", *_named_hosts()])
    config.option.allow_unix_socket = True
    logging._Lines.last = False  # a logger that was cached would outlive the test that set it up
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            logging.mask_numbers,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),  # so that pytest captures it
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handed = getattr(config, "workerinput", None)
    config.stash[_RUN] = Path(handed["aftercall_run"]) if handed else open_run()


def _named_hosts() -> list[str]:
    servers = os.environ.get("AFTERCALL_TEST_KAFKA", "")
    return [address.rpartition(":")[0] for address in servers.split(",") if address]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: tells a worker where the shared folder is."""
    node.workerinput["aftercall_run"] = str(node.config.stash[_RUN])


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller outlives its workers."""
    if not hasattr(config, "workerinput") and _RUN in config.stash:
        close_run(config.stash[_RUN])


@pytest.fixture(scope="session")
def run_folder(request: pytest.FixtureRequest) -> Path:
    """Shared by all workers of this run."""
    return request.config.stash[_RUN]
