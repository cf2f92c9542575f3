"""Logging as a service sets it up, for one test: it is everybody's in this process."""

import io
from collections.abc import Iterator
from logging import getLogger

import pytest
import structlog

from common.telemetry import logging


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    """Whatever the test sets up ends with it."""
    config, root = structlog.get_config(), getLogger()
    lines = logging._Lines.stream, logging._Lines.level
    handlers, level = root.handlers[:], root.level
    yield
    logging._Lines.stream, logging._Lines.level = lines
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


@pytest.fixture
def logged(logs_as_before: None) -> io.StringIO:
    """What a service would log at INFO."""
    written = io.StringIO()
    logging.set_up("INFO", stream=written)
    return written
