"""With the broker killed nobody knows who says no: nobody is asked, and `/metrics` says so."""

import asyncio
import time

import httpx
import pytest
import uvloop
from prometheus_client.parser import text_string_to_metric_families

from orchestrator.service.configuration.keys import create_key
from sandbox.carrier import Carrier
from sandbox.ledger import CreateRequest
from sandbox.serving import serve
from tests.drills.ground import Ground, ground
from tests.drills.world import SENDERS, WORKSPACE, accounts, configuration
from tests.e2e.world import event, until

CALLS = 60
BOUND = 10.0  # seconds from the broker's death
LOOKS = ("orchestrator", "sms-sender")


@pytest.mark.e2e
def test_with_the_broker_killed_nobody_is_asked_and_it_says_so() -> None:
    uvloop.run(_broker_killed())


async def _broker_killed() -> None:
    async with ground() as here, httpx.AsyncClient(trust_env=False, timeout=30.0) as client:
        public_url = f"http://127.0.0.1:{here.stack.sender_port}"
        async with serve(Carrier, accounts=accounts(public_url)) as carrier:
            await _start(here, client, carrier)
            await until(lambda: _asked(carrier, at_least=3))

            here.broker.kill()
            died = time.monotonic()
            await until(lambda: _stands(here, client, 1), timeout=BOUND + 3)
            took = time.monotonic() - died
            asked = len(_asks(carrier))
            await asyncio.sleep(5)

            assert took <= BOUND + 2  # the gauges are told twice a second
            assert len(_asks(carrier)) <= asked + 1  # one may have been on its way
            assert await _due(here) > 5

            await asyncio.to_thread(here.broker.start)
            await until(lambda: _stands(here, client, 0))
            await until(lambda: _asked(carrier, at_least=asked + 2))


async def _start(here: Ground, client: httpx.AsyncClient, carrier: Carrier) -> None:
    """Calls of different people, all to be asked, one a second."""
    for name in ("orchestrator", "sms-sender", "ingest"):
        await here.stack.start(name)
    async with here.db.transaction() as connection:
        key = await create_key(connection, name="drill", scopes=["admin"], workspace=None)
    client.headers["Authorization"] = f"Bearer {key}"
    body = configuration(carrier.base_url, carrier.base_url)
    body["accounts"][0]["senders"] = [{"number": SENDERS[0], "per_second": 1}]
    url = f"{here.stack.url('orchestrator')}/v1/config?workspace={WORKSPACE}"
    (await client.put(url, json=body)).raise_for_status()
    await until(lambda: _stands(here, client, 0))
    for number in range(CALLS):
        told = event(f"call-{number}", f"+1212555{number:04}")
        url = f"{here.stack.url('ingest')}/v1/events?workspace={WORKSPACE}"
        (await client.post(url, json=told)).raise_for_status()


async def _stands(here: Ground, client: httpx.AsyncClient, value: float) -> bool:
    """Whether all of them say so."""
    return all([await _standstill(here, client, name) == value for name in LOOKS])


async def _standstill(here: Ground, client: httpx.AsyncClient, service: str) -> float | None:
    answer = await client.get(f"{here.stack.one(service).internal_url}/metrics")
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name == "aftercall_asking_standstill":
                return sample.value
    return None


def _asks(carrier: Carrier) -> list[CreateRequest]:
    return [entry for entry in carrier.ledger.entries if isinstance(entry, CreateRequest)]


async def _asked(carrier: Carrier, *, at_least: int) -> bool:
    return len(_asks(carrier)) >= at_least


async def _due(here: Ground) -> int:
    async with here.db.connection() as connection:
        found: int = await connection.fetchval(
            "select count(*) from sms_sender.sends where state = 'queued' and due_at <= now()"
        )
    return found
