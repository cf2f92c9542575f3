"""A listener as every service has it, with limits that a test can wait for, and raw strangers."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace

from fastapi import APIRouter, Request

from common.process import serving, web
from common.process.listening import bound
from common.process.runtime import Service
from common.process.transport import Limits

router = APIRouter()


@router.post("/echo")
async def echo(request: Request) -> dict[str, int]:
    return {"length": len(await web.body_of(request))}


@router.get("/address")
async def address(request: Request) -> str:
    return request.client.host if request.client else ""


@router.delete("/things/{thing}", status_code=204)
async def no_thing(thing: str) -> None: ...


@router.get("/things/{thing}")
async def thing(thing: str, many: int = 1, word: str = "") -> dict[str, object]:
    return {"thing": thing, "many": many, "word": word}


async def _nothing(*_: object) -> object:
    return object()


@dataclass(frozen=True, slots=True)
class Listener:
    port: int
    internal_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def internal_url(self) -> str:
        return f"http://127.0.0.1:{self.internal_port}"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def says(self, *parts: bytes) -> bytes:
        """Everything that is answered until the connection ends, or a second is silent."""
        reader, writer = await self.connect()
        heard = b""
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            while chunk := await asyncio.wait_for(reader.read(65_536), 1.0):
                heard += chunk
        except (ConnectionError, TimeoutError):
            pass
        finally:
            writer.transport.abort()
        return heard


@asynccontextmanager
async def listening(
    limits: Limits = serving.LIMITS, *, proxies: str = "127.0.0.1"
) -> AsyncIterator[Listener]:
    """`proxies`: addresses whose X-Forwarded-For is believed."""
    app = web.application([Service("hostile", [router], _nothing)], None)
    app.state.runtime = SimpleNamespace(settings=SimpleNamespace(largest_body=web.BODY_LIMIT))
    public, inside = (bound("127.0.0.1", 0, todo="") for _ in range(2))
    server = serving.Server(
        app,
        serving.config(app, limits=limits, lifespan="off", forwarded_allow_ips=proxies),
        inside,
        signals=False,
    )
    task = asyncio.create_task(server.serve([public]))
    try:
        await server.is_listening.wait()
        yield Listener(_port(public), _port(inside))
    finally:
        server.should_exit = True
        await task


def _port(sock: socket.socket) -> int:
    port: int = sock.getsockname()[1]
    return port
