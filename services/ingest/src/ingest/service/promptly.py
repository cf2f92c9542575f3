"""Publishing that somebody waits for: a broker that hangs is known after seconds, then at once.

What is not acknowledged may still be published: its sender comes again, and a copy is one call.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from common.bus import Bus, Message
from common.errors import Retry
from common.telemetry import logging

log = logging.get(__name__)
PATIENCE = 2.5  # seconds
T = TypeVar("T")
P = ParamSpec("P")


@dataclass(slots=True, kw_only=True)
class Promptly:
    """One per process. While it hangs one request at a time tries, and the others are refused."""

    bus: Bus
    patience: float = PATIENCE
    _hangs: bool = False
    _trying: asyncio.Task[Any] | None = None
    _going: set[asyncio.Task[Any]] = field(default_factory=set)

    async def publish(self, messages: Sequence[Message]) -> None:
        """Raises `Retry` (503), and what the bus does."""
        if messages:
            await self.within(self.bus.publish, messages)

    async def within(
        self, work: Callable[P, Coroutine[Any, Any, T]], *given: P.args, **named: P.kwargs
    ) -> T:
        """What `work` returns, which publishes. Raises `Retry` (503), and what `work` does."""
        if self._hangs and self._trying is not None:
            raise Retry("the broker hangs")
        task = asyncio.create_task(work(*given, **named), name="publish")
        self._going.add(task)
        task.add_done_callback(self._ended)
        if self._hangs:
            self._trying = task
        done, _ = await asyncio.wait({task}, timeout=self.patience)
        if done:
            return task.result()
        if not self._hangs:
            log.warning("broker_hangs", patience=self.patience)
        self._hangs = True
        self._trying = self._trying or task
        raise Retry("the broker is too slow")

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._going.discard(task)
        if task is self._trying:
            self._trying = None
        if not task.cancelled() and not isinstance(task.exception(), Retry):
            self._hangs = False
