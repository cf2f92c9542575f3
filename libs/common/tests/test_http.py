"""What counts as "nothing left us", on real sockets."""

import asyncio
import gzip
import os
import socket
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

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


def answering(head: str, body: bytes) -> Handle:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\n{head}Connection: close\r\n\r\n".encode() + body)
        await writer.drain()

    return answer


BOMB = gzip.compress(bytes(40_000_000))  # 40 KB that unpack to 40 MB


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("", bytes(http.ANSWER + 1)),
        ("Content-Length: 600000000\r\n", bytes(200_000)),
        ("Content-Encoding: gzip\r\n", BOMB),
        ("Content-Encoding: gzip\r\n", gzip.compress(os.urandom(http.ANSWER + 100))),
    ],
)
async def test_an_answer_is_read_to_a_bound_before_and_after_it_is_unpacked(
    head: str, body: bytes
) -> None:
    tracemalloc.start()
    try:
        async with listening(answering(head, body)) as url:
            error = await failure(url)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert isinstance(error, http.AnswerTooLarge)
    assert not http.nothing_left(error)  # what was asked may have been done
    assert peak < 4_000_000


async def test_a_packed_answer_within_the_bound_is_unpacked() -> None:
    told = b"x" * http.ANSWER
    packed = answering("Content-Encoding: gzip\r\n", gzip.compress(told))

    async with listening(packed) as url, http.client() as client:
        assert (await client.get(url)).content == told


async def test_a_request_may_say_how_much_it_expects() -> None:
    told = b"x" * (http.ANSWER + 1)

    async with listening(answering("", told)) as url, http.client() as client:
        expecting = client.build_request("GET", url, extensions={"answer": len(told)})
        assert (await client.send(expecting)).content == told


async def test_an_answer_in_a_packing_that_was_not_asked_for_is_refused() -> None:
    async with listening(answering("Content-Encoding: br\r\n", b"...")) as url:
        assert isinstance(await failure(url), httpx.DecodingError)


async def test_an_answer_that_comes_drop_by_drop_has_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http, "MARGIN", 0.1)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(200):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with listening(drip) as url:
        error = await failure(url, timeout=0.3)

    assert isinstance(error, httpx.ReadTimeout)
    assert not http.nothing_left(error)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::", "::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
        *("192.0.0.192", "192.0.0.9", "192.88.99.1", "fec0::1", "5f00::1", "3fff::1"),
        *("64:ff9b:1::7f00:1", "2001:4:112::1"),
        *("2002:7f00:1::", "2002:a00:1::1", "::127.0.0.1", "2001:0:4136:e378:8000:63bf:80ff:fffe"),
    ],
)
def test_addresses_within_are_not_public(address: str) -> None:
    assert not http.is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert http.is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]"]
)
async def test_what_a_workspace_names_is_not_connected_to_within(host: str) -> None:
    met: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(await reader.read(10))

    async with listening(note) as url, http.public_client(timeout=2.0) as client:
        port = url.rstrip("/").rpartition(":")[2]
        with pytest.raises((httpx.TransportError, httpx.InvalidURL)) as caught:
            await client.post(f"http://{host}:{port}/", data={"a": "b"})

    assert http.nothing_left(caught.value)
    assert met == []


@pytest.mark.parametrize("then", ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254"])
async def test_a_name_is_looked_at_where_it_is_connected_to_however_it_changes(
    monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    """A name that leads outside when it is first asked for, and within a moment later."""
    met: list[bytes] = []
    asked: list[str] = []
    look_up = socket.getaddrinfo

    def rebind(host: Any, *rest: Any, **more: Any) -> Any:
        if host not in ("rebind.example", b"rebind.example"):
            return look_up(host, *rest, **more)
        asked.append("8.8.8.8" if not asked else then)
        return look_up(asked[-1], *rest, **more)

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(await reader.read(10))

    monkeypatch.setattr(socket, "getaddrinfo", rebind)
    async with listening(note) as url, http.public_client(timeout=2.0) as client:
        port = url.rstrip("/").rpartition(":")[2]
        assert socket.getaddrinfo("rebind.example", 443)[0][4][0] == "8.8.8.8"  # who looked first
        with pytest.raises(httpx.TransportError) as caught:
            await client.post(f"http://rebind.example:{port}/", data={"a": "b"})

    assert http.nothing_left(caught.value)
    assert (met, asked[1:]) == ([], [then])


async def test_redirects_are_not_followed() -> None:
    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")
        await writer.drain()

    async with listening(elsewhere) as url, http.client() as client:
        assert (await client.get(url)).status_code == 302
