"""`python -m bench.neighbour KIND URL WORKSPACE KEY`: a tenant at full speed, until SIGTERM.

A few connections, each of which sends its next request as soon as the last one is answered. Its
last line is what it was answered, a second, by status.
"""

import asyncio
import json
import os
import secrets
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import aiohttp
import uvloop

from bench.events import ended, number

CONNECTIONS = 8
SECRET = "BENCH_SECRET"  # environment: of the workspace's source
EVENTS = 100  # of a batch
JSON = {"Content-Type": "application/json"}
LINE = "+13125550190"
NICE = 10  # it would not use our processors
_numbers = map(number, count(10**6))


def garbage(url: str, workspace: str, key: str) -> tuple[str, bytes, dict[str, str]]:
    """16 kB that are no JSON at their very end, as events and as what a vendor sends."""
    body = b'{"specversion":"1.0","data":{"id":[' + b"1," * 8_000 + b"]}"
    if secrets.randbelow(2):
        return f"{url}/v1/sources/{workspace}/calls?key={os.environ[SECRET]}", body, JSON
    return f"{url}/v1/events", body, {"Authorization": f"Bearer {key}", **JSON}


def batches(url: str, workspace: str, key: str) -> tuple[str, bytes, dict[str, str]]:
    events = [ended(next(_numbers), line=LINE) for _ in range(EVENTS)]
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/cloudevents-batch+json",
    }
    return f"{url}/v1/events", json.dumps(events).encode(), headers


def wrong_keys(url: str, workspace: str, key: str) -> tuple[str, bytes, dict[str, str]]:
    """Another one each time."""
    guess = f"ac_{secrets.token_hex(8)}_{secrets.token_hex(16)}"
    return f"{url}/v1/events", b"{}", {"Authorization": f"Bearer {guess}", **JSON}


Kind = Callable[[str, str, str], tuple[str, bytes, dict[str, str]]]
KINDS: dict[str, Kind] = {"garbage": garbage, "wrong_keys": wrong_keys, "batches": batches}


async def main(kind: str, *whose: str) -> None:
    answered: Counter[str] = Counter()
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    began = time.monotonic()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as http:
        work = [asyncio.create_task(_send(http, KINDS[kind], whose, answered))
                for _ in range(CONNECTIONS)]  # fmt: skip
        await ending.wait()
        for task in work:
            task.cancel()
        await asyncio.wait(work)
    seconds = time.monotonic() - began
    print(json.dumps({status: round(n / seconds) for status, n in sorted(answered.items())}))


async def _send(
    http: aiohttp.ClientSession, kind: Kind, whose: tuple[Any, ...], answered: Counter[str]
) -> None:
    for url, body, headers in _forever(kind, whose):
        try:
            async with http.post(url, data=body, headers=headers) as answer:
                await answer.read()
                answered[str(answer.status)] += 1
        except aiohttp.ClientError as error:
            answered[type(error).__name__] += 1
            await asyncio.sleep(0.01)


def _forever(kind: Kind, whose: tuple[Any, ...]) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    while True:
        yield kind(*whose)


if __name__ == "__main__":
    os.nice(NICE)
    uvloop.run(main(*sys.argv[1:]))
