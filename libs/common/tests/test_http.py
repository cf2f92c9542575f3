"""What counts as "nothing left us", on real sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from common import http

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handle: Handle) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handle(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"


async def failure(url: str, *, timeout: float = 5.0, connections: int = 5) -> httpx.HTTPError:
    async with http.client(timeout=timeout, connections=connections) as client:
        with pytest.raises(httpx.HTTPError) as caught:
            await client.post(url, data={"Body": "5"})
        return caught.value


async def test_a_refused_connection_left_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    assert http.nothing_left(await failure(f"http://127.0.0.1:{port}/"))


async def test_a_name_that_does_not_resolve_left_nothing() -> None:
    assert http.nothing_left(await failure("http://nowhere.invalid/"))


async def test_a_failed_tls_handshake_left_nothing() -> None:
    async def answer_in_the_clear(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with listening(answer_in_the_clear) as url:
        assert http.nothing_left(await failure(url.replace("http:", "https:")))


async def test_a_connection_closed_after_the_request_may_have_left_something() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with listening(hang_up) as url:
        assert not http.nothing_left(await failure(url))


async def test_an_answer_that_never_comes_may_have_left_something() -> None:
    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(never) as url:
        assert not http.nothing_left(await failure(url, timeout=0.1))


async def test_waiting_in_vain_for_a_free_connection_left_nothing() -> None:
    taken = asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.set()
        await reader.read()

    async with listening(never) as url, http.client(timeout=0.1, connections=1) as client:
        first = asyncio.create_task(client.post(url, timeout=5.0))
        await taken.wait()
        with pytest.raises(httpx.HTTPError) as caught:
            await client.post(url)
        first.cancel()

    assert http.nothing_left(caught.value)
