"""What a stranger can do to a listener with bytes alone: nothing that others notice."""

import asyncio
import time

import httpx

from common.process.transport import Limits
from tests.hostile.stranger.listener import Listener, listening

ASK = b"GET /things/one HTTP/1.1\r\nhost: a\r\n"
QUICK = Limits(head_seconds=0.3, body_seconds=0.3, keep_alive=0.6)


async def serves(listener: Listener, *, within: float = 1.0) -> bool:
    """Whether somebody else is answered."""
    async with httpx.AsyncClient(timeout=within, trust_env=False) as client:
        return (await client.get(f"{listener.url}/things/one")).status_code == 200


async def test_a_header_of_100_mb_costs_neither_time_nor_memory() -> None:
    async with listening() as listener:
        began = time.monotonic()
        attack = asyncio.create_task(
            listener.says(ASK + b"x-long: ", *[b"a" * 1_000_000] * 100, b"\r\n\r\n")
        )
        assert await serves(listener)
        heard = await attack

        assert b" 200 " not in heard
        assert time.monotonic() - began < 2.0


async def test_a_head_that_is_too_large_is_told_so() -> None:
    many = b"".join(b"x-%d: 1\r\n" % number for number in range(200))
    async with listening() as listener:
        assert b"HTTP/1.1 431 " in await listener.says(ASK + many + b"\r\n")
        assert b"HTTP/1.1 431 " in await listener.says(ASK + b"x: " + b"a" * 40_000 + b"\r\n\r\n")
        assert b"HTTP/1.1 431 " in await listener.says(b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n")


async def test_a_large_body_after_a_head_in_two_pieces_is_no_large_head() -> None:
    head = b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 200000\r\n\r"
    async with listening() as listener:
        heard = await listener.says(head, b"\n" + b"a" * 200_000)

    assert b'{"length":200000}' in heard


async def test_who_sends_no_head_or_no_body_is_let_go() -> None:
    async with listening(QUICK) as listener:
        half, silent, bodiless = await asyncio.gather(
            listener.says(ASK),
            listener.says(b""),
            listener.says(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx"),
        )

    assert half.startswith(b"HTTP/1.1 408 ")
    assert silent == b""
    assert b" 200 " not in bodiless


async def test_who_drips_a_head_is_let_go_in_time() -> None:
    async with listening(QUICK) as listener:
        began = time.monotonic()
        reader, writer = await listener.connect()
        writer.write(ASK)
        dripping = asyncio.create_task(_drip(writer))
        heard = await asyncio.wait_for(reader.read(64), 2.0)
        dripping.cancel()
        writer.transport.abort()

    assert heard.startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 1.5


async def _drip(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x: 1\r\n")
        await asyncio.sleep(0.05)


async def test_an_idle_connection_is_kept_longer_than_a_slow_head() -> None:
    async with listening(QUICK) as listener:
        reader, writer = await listener.connect()
        for _ in range(2):
            writer.write(ASK + b"\r\n")
            answer = await asyncio.wait_for(reader.readuntil(b'"}\n'), 1.0)
            assert b" 200 " in answer
            await asyncio.sleep(0.45)  # longer than a head may take
        assert await asyncio.wait_for(reader.read(), 1.0) == b""  # and then it is closed
        writer.close()


async def test_in_front_of_us_a_connection_is_given_up_sooner_than_here() -> None:
    """60 s is what an ALB and ingress-nginx keep an idle connection for."""
    assert Limits().keep_alive > 60


async def test_a_crowd_of_half_open_requests_keeps_nobody_out() -> None:
    limits = Limits(connections=50)
    async with listening(limits) as listener:
        crowd = [await listener.connect() for _ in range(200)]
        for _, writer in crowd:
            writer.write(ASK)
        assert all([await serves(listener) for _ in range(5)])
        gone = sum(reader.at_eof() or reader.exception() is not None for reader, _ in crowd)
        assert gone >= 150
        for _, writer in crowd:
            writer.transport.abort()


async def test_a_crowd_of_answered_requests_without_their_bodies_keeps_nobody_out() -> None:
    limits = Limits(connections=50)
    async with listening(limits) as listener:
        crowd = [await listener.connect() for _ in range(50)]
        for reader, writer in crowd:
            writer.write(b"POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx")
            assert b" 404 " in await asyncio.wait_for(reader.readline(), 1.0)
        assert all([await serves(listener) for _ in range(5)])
        for _, writer in crowd:
            writer.transport.abort()


async def test_a_body_that_comes_after_its_answer_keeps_the_connection() -> None:
    async with listening() as listener:
        reader, writer = await listener.connect()
        writer.write(b"POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nx")
        assert b" 404 " in await asyncio.wait_for(reader.readline(), 1.0)
        writer.write(b"x" + ASK + b"\r\n")
        assert b" 200 " in await asyncio.wait_for(reader.readuntil(b" 200 "), 1.0)
        writer.transport.abort()


async def test_what_is_not_http_is_answered_and_not_logged(caplog: object) -> None:
    async with listening() as listener:
        assert (await listener.says(b"\x16\x03\x01\x02\x00\x01")).startswith(b"HTTP/1.1 400 ")
        assert await serves(listener)

    assert not [r for r in caplog.records if r.name.startswith("uvicorn")]  # type: ignore[attr-defined]


async def test_hundreds_of_requests_in_one_packet_do_not_queue_up() -> None:
    async with listening() as listener:
        heard = await listener.says((ASK + b"\r\n") * 500)
        assert heard.count(b"HTTP/1.1 200") <= 20
        assert await serves(listener)


async def test_a_client_that_leaves_during_its_body_is_no_error_of_ours() -> None:
    async with listening() as listener:
        _, writer = await listener.connect()
        writer.write(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()
        await asyncio.sleep(0.05)
        async with httpx.AsyncClient(trust_env=False) as client:
            told = (await client.get(f"{listener.internal_url}/metrics")).text
        echoes = [line for line in told.splitlines() if 'route="/echo"' in line]
        assert not [line for line in echoes if 'status="500"' in line]
