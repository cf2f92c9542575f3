"""Round trips to PostgreSQL, counted between a client and the server, whatever the driver is."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SOCKET = ".s.PGSQL.5432"
CHUNK = 256 * 1024  # bytes


class Wire:
    """A socket in front of the server's. `trips`: how often a client spoke after an answer."""

    def __init__(self, server: Path) -> None:
        self._server = server / SOCKET
        self.trips = 0
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self._passing: set[asyncio.Task[None]] = set()

    async def serve(self, folder: Path) -> None:
        """Until `end`."""
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_unix_server(self._came, str(folder / SOCKET))
        self.ready.set()
        await self._over.wait()
        server.close()
        for one in self._passing:
            one.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def end(self) -> None:
        """From another thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._over.set)

    def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._pass(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(str(self._server))
        asked = False

        async def ask() -> None:
            nonlocal asked
            while data := await reader.read(CHUNK):
                self.trips += not asked
                asked = True
                back.write(data)
                await back.drain()
            back.close()

        async def answer() -> None:
            nonlocal asked
            while data := await there.read(CHUNK):
                asked = False
                writer.write(data)
                await writer.drain()
            writer.close()

        try:
            with suppress(ConnectionError):
                await asyncio.gather(ask(), answer())
        finally:
            writer.close()
            back.close()


@contextmanager
def counted(server: Path, folder: Path) -> Iterator[Wire]:
    """Clients connect to the socket in `folder`. In a thread, for whoever asks runs meanwhile."""
    folder.mkdir()
    wire = Wire(server)
    thread = threading.Thread(target=lambda: asyncio.run(wire.serve(folder)), daemon=True)
    thread.start()
    wire.ready.wait(10)
    try:
        yield wire
    finally:
        wire.end()
        thread.join(10)
