"""Restarts what has ended, as Kubernetes would, and records why it ended."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import httpx

from tests.e2e.stack import Process, Stack

LOOK = 0.02  # seconds
PROBE = 0.2  # seconds between two looks at those that are not ready
LIVENESS = 5.0  # seconds between two looks at the others
FAILURES = 6  # of these in a row until a process is taken for dead
STARTING = 120.0  # seconds that a process may take
GRACE = 15.0  # seconds after an outage in which a process may still give up
FAILPOINT = 86  # the status of a process that died at one


@dataclass(frozen=True, slots=True)
class Ending:
    """`status` as of `subprocess`; `asked`: the drill wanted it. `log` is its end."""

    process: str
    status: int
    asked: bool
    log: str = ""


@dataclass(slots=True)
class Life:
    """Of a process since its last start. Times are the loop's, in seconds."""

    began: float
    ready: bool = False
    looked_at: float = 0.0
    failures: int = 0


@dataclass(slots=True)
class Supervisor:
    """`run` until cancelled. `say` gets every ending that the drill did not want."""

    stack: Stack
    say: Callable[[str], None]
    endings: list[Ending] = field(default_factory=list)
    _killed: set[str] = field(default_factory=set)
    _lives: dict[str, Life] = field(default_factory=dict)
    _excused_until: float = 0.0

    @property
    def unasked(self) -> list[Ending]:
        """Endings that nobody wanted."""
        return [ending for ending in self.endings if not ending.asked]

    def not_ready(self, age: float = 0.0) -> list[str]:
        """Processes that cannot be used yet, or began less than `age` seconds ago."""
        lives = {process.name: self._life(process) for process in self.stack.all()}
        since = _now() - age
        return [name for name, life in lives.items() if not life.ready or life.began > since]

    def kill(self, process: Process) -> None:
        self._killed.add(process.name)
        process.kill()
        self.look()

    @contextmanager
    def outage(self) -> Iterator[None]:
        """While the broker or the database is away, a process may give up, too."""
        self._excused_until = float("inf")
        try:
            yield
        finally:
            self._excused_until = _now() + GRACE

    def look(self) -> None:
        """Starts again what is not running."""
        for process in self.stack.all():
            if not process.running:
                self._note(process)
                process.start()
                self._lives[process.name] = Life(_now())

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
            probing = asyncio.create_task(self._probe(client))
            try:
                while True:
                    self.look()
                    await asyncio.sleep(LOOK)
            finally:
                probing.cancel()
                await asyncio.wait([probing])

    def _note(self, process: Process) -> None:
        asked = process.status == FAILPOINT or process.name in self._killed
        self._killed.discard(process.name)
        excused = _now() < self._excused_until
        log = "" if asked or excused else process.tail()
        self.endings.append(Ending(process.name, process.status, asked or excused, log))
        if not asked:
            why = "during an outage" if excused else "by itself"
            self.say(f"{process.name} ended with {process.status}, {why}")

    def _life(self, process: Process) -> Life:
        return self._lives.setdefault(process.name, Life(_now()))

    async def _probe(self, client: httpx.AsyncClient) -> None:
        while True:
            await asyncio.gather(*(self._look_at(client, one) for one in self.stack.all()))
            await asyncio.sleep(PROBE)

    async def _look_at(self, client: httpx.AsyncClient, process: Process) -> None:
        """As a startup probe, then as a liveness probe, would; what fails them is killed."""
        life = self._life(process)
        if not life.ready:
            life.ready = await _answers(client, f"{process.internal_url}/readyz")
            if not life.ready and _now() > life.began + STARTING:
                process.kill()
        elif _now() > life.looked_at + LIVENESS:
            life.looked_at = _now()
            alive = await _answers(client, f"{process.internal_url}/livez")
            life.failures = 0 if alive else life.failures + 1
            if life.failures >= FAILURES and life is self._life(process):
                process.kill()


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    with suppress(httpx.TransportError):
        return (await client.get(url)).status_code == 200
    return False


def _now() -> float:
    return asyncio.get_running_loop().time()
