"""What a drill may destroy: a broker and a database of its own, and every service as a process."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from common.database import Database
from common.errors import Retry
from common.testing.kafka import Broker
from common.testing.postgres import Server
from tests.drills.world import SECRETS
from tests.e2e.stack import FAIL_AT, Stack, stack

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ground:
    """`folder` has all logs and is kept when the drill fails."""

    folder: Path
    broker: Broker
    server: Server
    stack: Stack
    db: Database

    def fail(self, service: str, place: str) -> None:
        """Whichever process of it gets there first dies; see `common.failpoints`."""
        note = self.folder / "place"
        note.write_text(place)
        note.rename(_fails_at(self.folder, service))


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Broker and database run; of the services none does."""
    folder = _folder()
    async with AsyncExitStack() as end:
        broker = Broker(folder / "kafka")
        end.callback(broker.kill)
        server = Server(folder / "postgres")
        end.callback(server.stop, immediate=True)
        await asyncio.gather(asyncio.to_thread(broker.start), asyncio.to_thread(server.start))
        services = await end.enter_async_context(
            stack(
                folder,
                kafka=broker.servers,
                namespace="",
                database=server.url(),
                secrets=SECRETS,
                own=lambda service: {FAIL_AT: f"@{_fails_at(folder, service)}"},
            )
        )
        db = await Database.connect(server.url(), size=3)
        end.push_async_callback(db.close)
        yield Ground(folder, broker, server, services, db)
    shutil.rmtree(folder, ignore_errors=True)


async def until_it_works(work: Callable[[], Awaitable[T]], *, timeout: float = 180.0) -> T:
    """Does it again while database or broker are away; `timeout` in seconds."""
    async with asyncio.timeout(timeout):
        while True:
            try:
                return await work()
            except Retry:
                await asyncio.sleep(0.1)


def _fails_at(folder: Path, service: str) -> Path:
    return folder / f"{service}.fails"


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="aftercall-drill-"))
    folder.chmod(0o755)  # PostgreSQL may have to run as another user
    return folder
