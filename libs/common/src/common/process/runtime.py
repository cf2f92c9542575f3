"""What a service stands on and what it is made of: the runtime, its tasks, its declaration."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

import httpx
from fastapi import APIRouter
from pydantic_settings import BaseSettings

from common.bus import Bus
from common.config import ConfigReader
from common.database import Database
from common.process.admission import Admission
from common.process.settings import CommonSettings
from common.sealing import MasterKeys
from common.secrets import Below, Secrets
from common.telemetry import logging, metrics
from common.time import Clock, utc_now

log = logging.get(__name__)
HANGS = 180.0  # seconds; joining a group, or a statement at its deadline, takes less


@dataclass(slots=True)
class Here:
    """The application of this process, once there is one: the services beside it answer there."""

    app: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The outside world as a service sees it; shared by all services of a process."""

    settings: CommonSettings
    db: Database
    bus: Bus
    http: httpx.AsyncClient
    config: ConfigReader
    clock: Clock = utc_now
    admission: Admission = field(default_factory=Admission)
    here: Here = field(default_factory=Here)
    secrets: Secrets = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "secrets", secrets_of(self.settings, self.config))

    @property
    def pepper(self) -> bytes:
        return self.settings.contact_pepper.get_secret_value().encode()


def secrets_of(settings: CommonSettings, config: ConfigReader) -> Secrets:
    """What references stand for, by these settings, as of the configuration that is read last."""
    return Secrets(
        below=Below(prefix=settings.reference_prefix, folder=settings.reference_folder),
        keys=MasterKeys.parse(settings.master_keys.get_secret_value()),
        sealed=config.sealed,
    )


class Consuming(Protocol):
    """What `common.streams.consumer` gives."""

    def silence(self) -> float:
        """Seconds since it last moved."""
        ...

    async def run(self) -> None: ...


class Tasks:
    """Background tasks of one service. If one ends, the process is told to end in good order."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._tasks: list[asyncio.Task[None]] = []
        self._silence: dict[str, Callable[[], float]] = {}
        self._stopping = False

    def consume(self, name: str, consumer: Consuming) -> None:
        """Spawns it, and sees when it hangs."""
        self._silence[name] = consumer.silence
        self.spawn(name, consumer.run())

    def spawn(self, name: str, work: Coroutine[Any, Any, None], *, ends: bool = False) -> None:
        """`ends`: the work is done some time; else its end is the process's."""
        task = asyncio.create_task(work, name=f"{self._service}.{name}")
        task.add_done_callback(self._done if ends else self._ended)
        self._tasks.append(task)

    def _done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._ended(task)
        else:
            self._tasks.remove(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._stopping:
            return
        error = None if task.cancelled() else task.exception()
        metrics.TASK_ENDED.labels(self._service, task.get_name()).inc()
        log.error("task_ended", service=self._service, task=task.get_name(), exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)  # uvicorn shuts down in order; the platform restarts

    @property
    def failed(self) -> bool:
        return any(task.done() for task in self._tasks) and not self._stopping

    @property
    def hanging(self) -> list[str]:
        """Consumers that have done nothing for too long, not even looked for something to do."""
        return [name for name, silence in self._silence.items() if silence() > HANGS]

    async def stop(self, *, deadline: float = 20.0) -> None:
        """Cancels and waits; consumers finish the batch in hand first."""
        self._stopping = True
        for task in reversed(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=deadline)


class Needs(Enum):
    """What the requests that a service answers stand on; its background work may stand on more."""

    DATABASE = "database"
    BROKER = "broker"
    EITHER = "database or broker"


@dataclass(frozen=True, slots=True)
class Service:
    """One deployable."""

    name: str  # the Python package: ingest, sms_sender, ...
    routers: Sequence[APIRouter]
    start: Callable[[Runtime, Tasks], Awaitable[object]]
    migrations: Sequence[str] = ()  # packages whose migrations make its schema
    settings: type[BaseSettings] = CommonSettings  # what it reads from the environment
    needs: Needs = Needs.DATABASE
