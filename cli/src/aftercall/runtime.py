"""The platform's database and bus for a command, whether or not the platform is up."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from aftercall.commands.options import PORT
from aftercall.settings import settings_for
from common.process.runtime import Runtime
from common.process.service import open_runtime
from common.telemetry import logging

T = TypeVar("T")


def with_runtime(data: Path, work: Callable[[Runtime], Awaitable[T]]) -> T:
    """What `work` returns."""

    async def go() -> T:
        async with open_runtime(settings) as runtime:
            return await work(runtime)

    with settings_for(data, PORT, log_level="WARNING", beside=True) as settings:
        logging.set_up(settings.log_level)
        return asyncio.run(go())
