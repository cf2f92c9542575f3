"""Whether WhatsApp is asked at the pace that an account sets, when there is enough to ask.

The whole platform as it is deployed on a real Kafka and a real PostgreSQL; this process is Meta.
Callers are told of faster than they may be asked, and it counts once all are told of: then the pace
is the sender's alone.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

from bench import usage
from bench.events import ended, number
from bench.running import TOKEN, UNLIMITED, WORKSPACE, Platform, put, running, tell
from bench.whole import HERE
from common.testing.kafka import Broker
from common.testing.postgres import Server
from sandbox.ledger import CreateRequest, only
from sandbox.whatsapp.cloud import Business, WhatsApp
from sandbox.whatsapp.endpoints import serve

ID = "16465550180"
SENDER = f"+{ID}"
LINE = "+12025550180"
PATIENCE = 180.0  # seconds
EDGE = 2.0  # seconds at both ends that do not count
SHARE = 2  # of those told of, one in so many is still to be asked once all are


async def measure(
    server: Server, broker: Broker, folder: Path, *, rate: int, lasts: float, code: Path = HERE
) -> dict[str, Any]:
    """Asks a second at Meta's side, wanted and seen, and how far they are apart."""
    async with running(server, broker, folder, code, settings=UNLIMITED) as platform:
        business = Business(
            id=ID, token=platform.token, secret=platform.token, numbers={ID: SENDER},
            webhook=platform.urls["whatsapp-sender"] + "/v1/whatsapp/callbacks/bench-whatsapp",
        )  # fmt: skip
        async with serve([business]) as meta:
            people = [
                number(10**6 + index) for index in range(int(SHARE * rate * (lasts + 2 * EDGE)))
            ]
            await put(platform, WORKSPACE, _configuration(meta.base_url, rate))
            await _approved(business)
            await _consents(platform, people)
            for start in range(0, len(people), 100):
                some = people[start : start + 100]
                await tell(
                    platform, WORKSPACE, [ended(one, line=LINE, queue="chat") for one in some]
                )
            before, told = usage.cpu(platform.parts), time.time()
            at = sorted(entry.at.timestamp() for entry in await _asked(meta, len(people)))
            used = usage.percents(before, usage.cpu(platform.parts), time.time() - told)
    first, last = told + EDGE, at[-1] - EDGE
    if last - first < lasts / 2:
        raise RuntimeError("all were asked nearly as soon as they were told of: nothing to pace")
    inside = [one for one in at if first <= one < last]
    seen = len(inside) / (last - first)
    figures = {
        "asks": len(inside),
        "wanted_per_second": rate,
        "seen_per_second": round(seen, 1),
        "off_percent": round(100 * (seen / rate - 1), 2),
        "most_in_a_second": max(sum(a <= one < a + 1 for one in inside) for a in inside[::50]),
        "cpu_percent_by_part_once_all_was_told": used,
    }
    print("  " + ", ".join(f"{name} {value}" for name, value in figures.items()), flush=True)
    return figures


async def _approved(business: Business) -> None:
    until = time.monotonic() + PATIENCE
    while not business.templates:
        if time.monotonic() > until:
            raise RuntimeError("no template was submitted")
        await asyncio.sleep(0.2)
    await asyncio.sleep(2.0)  # until the sender knows that it is approved


async def _consents(platform: Platform, people: list[str]) -> None:
    for start in range(0, len(people), 1000):
        yes = [
            {"address": one, "channel": "whatsapp", "state": "granted"}
            for one in people[start : start + 1000]
        ]
        url = f"{platform.orchestrator}/v1/consent/import?workspace={WORKSPACE}"
        headers = {"Authorization": f"Bearer {platform.key}"}
        async with platform.http.post(url, json=yes, headers=headers) as answer:
            if answer.status >= 300:
                raise RuntimeError(f"consent is refused: {await answer.text()}")


async def _asked(meta: WhatsApp, count: int) -> list[CreateRequest]:
    until = time.monotonic() + PATIENCE
    while len(found := [one for one in only(meta.ledger, CreateRequest) if one.accepted]) < count:
        if time.monotonic() > until:
            raise RuntimeError(f"{len(found)} of {count} were asked")
        await asyncio.sleep(0.5)
    return found


def _configuration(base_url: str, rate: int) -> dict[str, Any]:
    return {
        "numbers": [{"number": LINE}],
        "accounts": [{
            "id": "bench-whatsapp", "channel": "whatsapp", "provider": "meta",
            "base_url": base_url, "business_account_id": ID, "access_token": TOKEN,
            "app_secret": TOKEN, "verify_token": TOKEN, "in_flight": 200,
            "senders": [{"number": SENDER, "phone_number_id": ID, "per_second": rate}],
        }],
        "flows": [{
            "id": "by-whatsapp", "survey": "nps", "enabled": True, "priority": 10,
            "when": {"queues": ["chat"]}, "plan": [{"channel": "whatsapp"}],
        }],
    }  # fmt: skip
