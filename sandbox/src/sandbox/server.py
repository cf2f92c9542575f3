"""An HTTP server on loopback inside the caller's event loop."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Generator
from typing import Any

import uvicorn

GRACE = 2.0  # seconds for requests in hand when the server stops


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.stop = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), timeout=1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Without uvicorn's tenths of a second: what hangs was told by `closing`."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(set(self.server_state.tasks), timeout=GRACE)
        for task in set(self.server_state.tasks):
            task.cancel()
        await asyncio.sleep(0)  # transports close in the next turn of the loop

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield  # signals belong to the process that we are a guest in


class Listener:
    """A running server. `closing` is set when it begins to stop, so that nothing hangs on."""

    def __init__(self, server: _Server, host: str, port: int) -> None:
        self._server = server
        self.base_url = f"http://{host}:{port}"
        self.closing = asyncio.Event()

    def reset(self, client: tuple[str, int]) -> None:
        """Breaks this client's connection: it gets a TCP RST, not an orderly end."""
        for protocol in list(self._server.server_state.connections):
            transport: Any = getattr(protocol, "transport", None)
            if transport is None or getattr(protocol, "client", None) != client:
                continue
            connection = transport.get_extra_info("socket")
            # No lingering: closing discards what is unsent and sends RST.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()


@contextlib.asynccontextmanager
async def listen(app: Any, host: str, port: int) -> AsyncIterator[Listener]:
    """Serves an ASGI application until the block ends; port 0 takes a free one."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="critical",
        access_log=False,
        backlog=4096,
        timeout_keep_alive=75,  # as carriers have it: none closes while we are about to ask
    )
    bound = socket.create_server((host, port), backlog=4096)
    server = _Server(config)
    listener = Listener(server, host, bound.getsockname()[1])
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        await server.ready.wait()
        yield listener
    finally:
        listener.closing.set()
        server.should_exit = True
        server.stop.set()
        await task
