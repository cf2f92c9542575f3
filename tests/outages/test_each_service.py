"""Database or broker away: who serves goes on, nobody is restarted for it, and all come back."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from itertools import count

from deploy import table
from sandbox.ledger import Webhook, only
from sandbox.pbx.numbers import LINES
from tests.e2e.world import Tenant, source, until
from tests.outages.conftest import Ground

EVERY = tuple(service.name for service in table.SERVICES)
WITHOUT_DATABASE = dict.fromkeys(EVERY, 200) | dict.fromkeys(
    ("orchestrator", "analytics", "closed-loop", "console"), 503
)
WITHOUT_BROKER = dict.fromkeys(EVERY, 200) | {"ingest": 503}
NUMBERS = (f"+1202555{number:04}" for number in count(100))
READS = {
    "orchestrator": "/v1/flows",
    "analytics": "/v1/scores",
    "closed-loop": "/v1/webhooks",
    "sms-sender": "/v1/sms/sends",
    "ivr-gateway": "/v1/ivr/sends",
    "whatsapp-sender": "/v1/whatsapp/sends",
}


async def _asked(tenant: Tenant, number: str) -> None:
    """A call of theirs ended, and they have the question."""
    await tenant.ends(f"call-{number}", number)
    await until(partial(_is_asked, tenant, number))


async def _is_asked(tenant: Tenant, number: str) -> bool:
    return number in {ask.to for ask in tenant.asks()}


async def _writes(tenant: Tenant, number: str, text: str) -> bool:
    """Whether we acknowledged it."""
    carrier = tenant.world.carrier
    before = len(only(tenant.entries(), Webhook))
    await carrier.receive(number, tenant.sender, body=text, account=tenant.sid)
    await carrier.settled()
    return any(one.acknowledged for one in only(tenant.entries(), Webhook)[before:])


async def _told(tenant: Tenant, number: str) -> int:
    """How ingest answers a switch of its own format that reports a call which has just ended."""
    body = {
        "call": {
            "ref": f"told-{number}",
            "way": "in",
            "result": "ANSWERED",
            "finished_ms": int(datetime.now(UTC).timestamp() * 1000),
            "talk_ms": 60_000,
        },
        "customer": {"phone": number},
        "department": {"name": "billing", "number": LINES["billing"]},
    }
    answer = await tenant.world.http.post(tenant.urls()["mapped-json"], json=body)
    return answer.status_code


async def _is_told_to_come_again(tenant: Tenant) -> bool:
    """Who is in no configuration that we know; for a second, one that is that fresh says 404."""
    url = tenant.world.url(f"/v1/sources/{source('nobody', 'aircall')}/calls/secret")
    answer = await tenant.world.http.post(url, json={})
    return answer.status_code == 503 and "retry-after" in answer.headers


async def test_who_needs_no_database_serves_without_it(ground: Ground) -> None:
    tenant, number = ground.tenant, next(NUMBERS)
    await _asked(tenant, number)
    scored = await _answers(tenant)

    await asyncio.to_thread(ground.server.stop, immediate=True)
    await ground.readiness(WITHOUT_DATABASE)
    assert await _writes(tenant, number, "5")

    await until(partial(_is_told_to_come_again, tenant))
    await asyncio.to_thread(ground.server.start)
    await ground.readiness(dict.fromkeys(EVERY, 200))
    await until(partial(_has_answers, tenant, scored + 1))


async def test_a_call_that_is_told_while_the_database_is_away_is_asked_about(
    ground: Ground,
) -> None:
    tenant, number = ground.tenant, next(NUMBERS)
    await asyncio.to_thread(ground.server.stop, immediate=True)
    await ground.readiness(WITHOUT_DATABASE)

    assert await _told(tenant, number) == 202
    await asyncio.to_thread(ground.server.start)
    await until(partial(_is_asked, tenant, number))


async def test_who_needs_no_broker_serves_without_it(ground: Ground) -> None:
    tenant, number = ground.tenant, next(NUMBERS)
    await _asked(tenant, number)
    scored = await _answers(tenant)

    await asyncio.to_thread(ground.broker.stop)
    await ground.readiness(WITHOUT_BROKER)
    assert await _writes(tenant, number, "4")
    for path in READS.values():
        answer = await tenant.world.request("GET", f"{path}?workspace={tenant.name}")
        assert answer.status_code == 200, answer.text
    refused = await tenant.world.request("POST", f"/v1/events?workspace={tenant.name}", json={})

    assert refused.status_code == 422
    assert await _told(tenant, number) == 503
    await asyncio.to_thread(ground.broker.start)
    await ground.readiness(dict.fromkeys(EVERY, 200))
    await until(partial(_has_answers, tenant, scored + 1))


async def test_every_service_starts_while_the_database_is_away(ground: Ground) -> None:
    await _all_end(ground)
    await asyncio.to_thread(ground.server.stop, immediate=True)
    for process in ground.processes:
        process.start()

    await ground.readiness(dict.fromkeys(EVERY, 503))
    for service, path in READS.items():
        answer = await ground.world.request("GET", f"{path}?workspace=outages")
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True), service

    await asyncio.to_thread(ground.server.start)
    await ground.readiness(dict.fromkeys(EVERY, 200))


async def test_every_service_starts_while_the_broker_is_away_and_serves_what_it_can(
    ground: Ground,
) -> None:
    tenant, number = ground.tenant, next(NUMBERS)
    await _asked(tenant, number)
    scored = await _answers(tenant)
    await _all_end(ground)
    await asyncio.to_thread(ground.broker.stop)
    for process in ground.processes:
        process.start()

    await ground.readiness(WITHOUT_BROKER)
    assert await _writes(tenant, number, "5")
    for path in READS.values():
        answer = await tenant.world.request("GET", f"{path}?workspace={tenant.name}")
        assert answer.status_code == 200, answer.text

    await asyncio.to_thread(ground.broker.start)
    await ground.readiness(dict.fromkeys(EVERY, 200))
    await until(partial(_has_answers, tenant, scored + 1))


async def _all_end(ground: Ground) -> None:
    await asyncio.gather(*(process.stop() for process in ground.processes))


async def _answers(tenant: Tenant) -> int:
    found = await tenant.funnel()
    return int(found["answered"])


async def _has_answers(tenant: Tenant, wanted: int) -> bool:
    return await _answers(tenant) == wanted
