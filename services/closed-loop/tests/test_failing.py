"""Endpoints that fail, are slow, are gone, or lead within; and what a crash leaves behind."""

import asyncio
import socket
from typing import Any

import pytest
from aiohttp import web

from analytics.testing import decision, response, told
from closed_loop.domain.retrying import PAUSES
from closed_loop.service.sending import LEASE
from closed_loop.testing import Receiver, Taken
from closed_loop.testing.running import Loop, until
from common.database import Database


async def delivery(loop: Loop, endpoint: str, *, state: str | None = None) -> Any:
    """The newest one in its log, in that state."""

    async def newest() -> Any:
        page = await loop.call("GET", f"webhooks/{endpoint}/deliveries")
        found = page["deliveries"][:1]
        return found and (state is None or found[0]["state"] == state) and found[0]

    return await until(newest)


async def attempts(loop: Loop, endpoint: str, count: int) -> list[Any]:
    """Of the newest delivery, the newest first, once there are so many."""

    async def enough() -> Any:
        message = (await delivery(loop, endpoint))["id"]
        detail = await loop.call("GET", f"webhooks/{endpoint}/deliveries/{message}")
        return len(detail["attempts"]) >= count and detail["attempts"]

    found: list[Any] = await until(enough)
    return found


async def made(loop: Loop, url: str, **more: Any) -> str:
    body = await loop.webhook(url, events=["response.created"], **more)
    return str(body["endpoint"]["id"])


async def answer_once(loop: Loop, name: str = "c1") -> None:
    await loop.tell(*told(decision(name), response(name)))


async def test_what_is_not_taken_comes_again_as_the_same_message(
    loop: Loop, receiver: Receiver
) -> None:
    def grudging(_: Taken) -> web.Response:
        return web.Response(status=500 if len(receiver.requests) < 3 else 200, text="x" * 5_000)

    receiver.answer = grudging
    endpoint = await made(loop, receiver.url)
    await answer_once(loop)

    await attempts(loop, endpoint, 1)
    loop.later(seconds=2 * PAUSES[0].total_seconds())
    await attempts(loop, endpoint, 2)
    loop.later(seconds=2 * PAUSES[1].total_seconds())
    found = await attempts(loop, endpoint, 3)

    assert [one["status"] for one in found] == [200, 500, 500]
    assert {len(one["answer"]) for one in found} == {1_000}
    assert (await delivery(loop, endpoint, state="delivered"))["tries"] == 3
    assert len({one.id for one in receiver.requests}) == 1
    assert len({one.body for one in receiver.requests}) == 1
    assert len({one.headers["webhook-signature"] for one in receiver.requests}) == 3


async def test_an_endpoint_that_takes_nothing_for_days_is_switched_off_and_says_so(
    loop: Loop, receiver: Receiver
) -> None:
    receiver.answer = lambda _: web.Response(status=503)
    endpoint = await made(loop, receiver.url)
    await answer_once(loop)
    await attempts(loop, endpoint, 1)
    failing = await loop.call("GET", f"webhooks/{endpoint}")

    loop.later(days=6)
    await until(lambda: _is_off(loop, endpoint))

    off = await loop.call("GET", f"webhooks/{endpoint}")
    assert (failing["enabled"], failing["failing_since"] is None) == (True, False)
    assert "it has taken nothing since" in off["disabled_because"]
    assert (await delivery(loop, endpoint))["state"] == "failed"


async def _is_off(loop: Loop, endpoint: str) -> bool:
    return not (await loop.call("GET", f"webhooks/{endpoint}"))["enabled"]


async def test_what_it_missed_is_sent_when_it_is_on_again_and_asks_for_it(
    loop: Loop, receiver: Receiver
) -> None:
    receiver.answer = lambda _: web.Response(status=410)
    endpoint = await made(loop, receiver.url)
    await answer_once(loop)
    await until(lambda: _is_off(loop, endpoint))
    await answer_once(loop, "missed")
    receiver.answer = lambda _: web.Response(status=204)
    refused = await loop.ask(
        "POST", f"webhooks/{endpoint}/replay", json={"from": "2026-01-01T00:00:00Z"}
    )
    receiver.requests.clear()

    async def both_known() -> Any:
        async with loop.runtime.db.connection() as connection:
            return await connection.fetchval("select count(*) > 3 from closed_loop.messages")

    await until(both_known)
    await loop.call("PATCH", f"webhooks/{endpoint}", json={"enabled": True})
    queued = await loop.call(
        "POST", f"webhooks/{endpoint}/replay", json={"from": "2026-01-01T00:00:00Z"}
    )
    await until(lambda: len(receiver.requests) == 2)

    assert refused.status_code == 409
    assert queued == {"queued": 2, "more_from": None}
    again = await loop.call("GET", f"webhooks/{endpoint}")
    assert (again["disabled_because"], again["failing_since"]) == (None, None)


async def test_one_message_is_sent_again_when_asked_for(loop: Loop, receiver: Receiver) -> None:
    endpoint = await made(loop, receiver.url)
    await answer_once(loop)
    message = (await delivery(loop, endpoint, state="delivered"))["id"]

    await loop.call("POST", f"webhooks/{endpoint}/replay", json={"message": message})
    await until(lambda: len(receiver.requests) == 2)

    assert receiver.requests[0].id == receiver.requests[1].id == f"msg_{message.replace('-', '')}"


async def test_what_a_crash_leaves_in_flight_is_sent_again(
    loop: Loop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the request left and before that was written down."""
    died: list[str] = []

    def die(point: str) -> None:
        if point == "webhook.after_post" and not died:
            died.append(point)
            raise SystemError(point)

    monkeypatch.setattr("closed_loop.service.sending.failpoint", die)
    endpoint = await made(loop, receiver.url)
    await answer_once(loop)
    await until(lambda: died)
    waiting = await delivery(loop, endpoint)
    loop.later(seconds=LEASE.total_seconds() + 1)
    await delivery(loop, endpoint, state="delivered")

    assert (waiting["state"], waiting["tries"]) == ("waiting", 1)
    assert [one.id for one in receiver.requests] == [receiver.requests[0].id] * 2


async def test_a_slow_endpoint_delays_no_other(
    loop: Loop, receiver: Receiver, another: Receiver
) -> None:
    receiver.delay = 3600.0
    await made(loop, receiver.url)
    await made(loop, another.url, key="other")
    names = [f"c{number}" for number in range(40)]
    await loop.tell(*told(*map(decision, names), *map(response, names)))
    await until(lambda: len(receiver.requests) == 12)

    theirs = decision(workspace="other"), response(workspace="other")
    await loop.tell(*told(*theirs, workspace="other"))
    await until(lambda: another.requests)

    assert len(receiver.requests) == 12


@pytest.mark.parametrize("timeout", ["0.2"])
async def test_an_answer_is_waited_for_so_long_and_no_longer(
    loop: Loop, receiver: Receiver
) -> None:
    receiver.delay = 3600.0
    endpoint = await made(loop, receiver.url)
    await answer_once(loop)

    assert (await attempts(loop, endpoint, 1))[0]["problem"] == "no answer in time"


async def test_a_redirect_is_no_success_and_is_not_followed(
    loop: Loop, receiver: Receiver, another: Receiver
) -> None:
    receiver.answer = lambda _: web.Response(status=302, headers={"location": another.url})
    endpoint = await made(loop, receiver.url)
    await answer_once(loop)

    assert (await attempts(loop, endpoint, 1))[0]["problem"] == "HTTP 302"
    assert another.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/",
        "https://localhost/",
    ],
)
async def test_who_names_an_address_within_is_refused(loop: Loop, url: str) -> None:
    answer = await loop.ask("POST", "webhooks", json={"url": url, "events": ["response.created"]})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "url"


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254"])
async def test_a_name_that_leads_within_is_not_connected_to(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Whatever it was when it was written: what counts is where the connection would go."""
    met: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(await reader.read(10))
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    looked_up = socket.getaddrinfo

    def rebound(host: Any, *rest: Any, **more: Any) -> Any:
        """The owner of the name answers with an address of ours."""
        own = host in ("hooks.example.com", b"hooks.example.com")
        return looked_up(address if own else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    async with server:
        endpoint = await made(loop, f"https://hooks.example.com:{port}/")
        await answer_once(loop)
        problem = (await attempts(loop, endpoint, 1))[0]["problem"]

    assert problem == "refused: it is no public address"
    assert met == []


async def test_an_endpoint_that_was_written_before_is_refused_where_it_is_used(
    loop: Loop, database: Database, receiver: Receiver
) -> None:
    endpoint = await made(loop, receiver.url)
    async with database.transaction() as connection:
        await connection.execute("update closed_loop.endpoints set url = 'http://10.0.0.1/'")
    await answer_once(loop)

    assert (await attempts(loop, endpoint, 1))[0]["problem"] == "refused: must be https"
