"""Work that is looked for: done while there is some, then waited for."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar

from common.errors import Retry
from common.telemetry import logging

log = logging.get(__name__)


@dataclass(slots=True, kw_only=True)
class Looking(ABC):
    """`wake` it when there is something to do; what other replicas left, it sees by itself."""

    WORK: ClassVar[str]  # what the log calls it
    PAUSE: ClassVar[float]  # seconds between two looks of its own
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    @abstractmethod
    async def look(self) -> bool:
        """Does some of it; whether there was any. Raises `Retry`."""

    def wake(self) -> None:
        """There is something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wake.clear()
            try:
                while await self.look():
                    pass
            except Retry as error:
                log.warning(f"{self.WORK}_later", reason=error.reason)
            # Not `wait_for`: it swallows being cancelled when woken at the same moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(self.PAUSE):
                    await self._wake.wait()
