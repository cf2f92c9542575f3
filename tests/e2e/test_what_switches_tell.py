"""Calls as switches and vendors tell them, by HTTP and by topic; decisions by the API."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from aiokafka import AIOKafkaProducer

from common.topics import intake
from tests.e2e import told_by_switches
from tests.e2e.told import Sent, Told, table
from tests.e2e.world import SOURCE_SECRET, Tenant, World, each, source, until

NAME = "told"  # its topics were made with the platform
MAPPED = {"vendor": "mapped-json", "region": "US"}
BY_REF = {
    "id": "ref",
    "ending": {"value": "connected"},
    "address": "phone",
    "queue": {"value": "billing"},
}
BY_FORM = {
    "id": {"path": ["CallSid", "?CallSid"]},
    "ending": {"value": "connected"},
    "address": {"path": ["From", "?From"]},
    "our_number": {"path": ["To", "?To"]},
    "ended_at": {"value": "received"},
    "talk_seconds": {"path": ["CallDuration", "?CallDuration"]},
    "queue": "?queue",
}
SOURCES: Mapping[str, Mapping[str, Any]] = {
    "mapped-json": {},  # our names
    "international": {"numbers": "international"},
    "when": {
        "mapping": BY_REF
        | {
            "when": {"path": "event", "equals": "ended"},
            "id": {"path": ["ref", "id"]},
            "ended_at": {"path": "at", "time": "epoch_ms"},
        }
    },
    "local": {
        "zone": "America/New_York",
        "mapping": BY_REF | {"ended_at": {"path": "local", "time": "local"}},
    },
    "twilio": {"mapping": BY_FORM},
    "hooks": {"signing_secrets": ["env:AFTERCALL_SECRET_E2E_HOOK"]},
    "zoom": {"handshake": "zoom", "signing_secrets": ["env:AFTERCALL_SECRET_E2E_SIGNING"]},
    "ring": {"handshake": "ringcentral"},
    "freeswitch": {"vendor": "freeswitch"},
    "myoperator": {"vendor": "myoperator"},
}
FLOW = {"enabled": True, "survey": "csat"}
FLOWS = [
    FLOW | {"id": "brief", "priority": 2, "minimum_talk": "30s", "when": {"queues": ["brief"]}},
    FLOW | {"id": "others", "priority": 1, "minimum_talk": "0s"},
]


async def test_each_body_becomes_the_call_that_it_tells(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await world.tenant(NAME, sources=_sources(), flows=FLOWS, workspace=COUNTRIES)
    # Some tell whole seconds: this one lies after the flows were enabled.
    at, people = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2), count(2_000)
    await asyncio.sleep((at - datetime.now(UTC)).total_seconds())
    cases = [*table(at, people), *told_by_switches.table(at, people)]
    producer = AIOKafkaProducer(bootstrap_servers=world.kafka, acks="all")
    await producer.start()
    wrong: dict[str, Any] = {}
    try:
        await each(cases, lambda told: _told(tenant, told, producer, wrong))
    finally:
        await producer.stop()
    assert wrong == {}, wrong
    calls = [told for told in cases if told.becomes is not None]
    tenant.told.update(told.call for told in calls)
    await tenant.decided(len(calls))
    old = sum((told.becomes or {}).get("reason") == "too_old" for told in calls)  # months ago
    await tenant.quiet(calls=len(calls) - old)

    for told in calls:
        found = _shown(await until(lambda told=told: _decision(tenant, told)))  # type: ignore[misc]
        meant = told.becomes or {}
        if differing := {k: (found[k], v) for k, v in meant.items() if found[k] != v}:
            wrong[told.id] = differing
    assert wrong == {}, wrong
    assert {ask.to for ask in tenant.asks()} == {told.person for told in calls if told.person}
    assert len(tenant.asks()) == sum(told.person is not None for told in calls)
    await tenant.audited()
    posted = sum(len(told.sent) for told in cases)
    tell(f"calls: {len(cases)} cases, {posted} bodies, {len(calls)} calls, wrong {len(wrong)}")


COUNTRIES = {"countries": ["US", "GB"]}


def _sources() -> list[dict[str, Any]]:
    secrets = {"secrets": ["env:AFTERCALL_SECRET_E2E_SOURCE"]}
    return [
        {**MAPPED, **secrets, "id": source(NAME, slug), **said} for slug, said in SOURCES.items()
    ]


async def _told(
    tenant: Tenant, told: Told, producer: AIOKafkaProducer, wrong: dict[str, Any]
) -> None:
    for sent in told.sent:
        if sent.by_topic:
            topic = tenant.world.namespace + intake(source(NAME, sent.to))
            await producer.send_and_wait(topic, sent.body)
            continue
        answer = await _posted(tenant, sent)
        said = answer.json() if answer.content else {}
        agrees = sent.answer.items() <= said.items() if isinstance(said, dict) else False
        if answer.status_code != sent.status or not agrees:
            wrong[told.id] = (answer.status_code, answer.text)


async def _posted(tenant: Tenant, sent: Sent) -> Any:
    world = tenant.world
    path = f"/v1/sources/{source(NAME, sent.to)}/calls/{SOURCE_SECRET}?{sent.query}"
    if sent.to == "events" or sent.signed:
        mine = f"source={source(NAME, sent.to)}" if sent.signed else f"workspace={NAME}"
        path = f"/v1/events?{mine}"
    headers = {"Content-Type": "application/json", **sent.headers}
    if sent.to == "events":
        headers["Authorization"] = f"Bearer {world.key}"
    return await world.http.request(
        sent.method, world.url(path), content=sent.body, headers=headers
    )


async def _decision(tenant: Tenant, told: Told) -> Any:
    """As soon as it is as it will be: what is told again may decide it again."""
    of = "/pbx/main" if told.source == "events" else source(NAME, told.source)
    query = {"workspace": NAME, "source": of, "call_id": told.call}
    answer = await tenant.world.request("GET", "/v1/decisions", params=query)
    return answer.json() if answer.status_code == 200 else None


def _shown(decision: dict[str, Any]) -> dict[str, Any]:
    """What the table speaks of."""
    call = decision["interaction"]
    return {
        "reason": decision["reason"],
        "problem": call["address_problem"],
        "country": call["country"],
        "ending": call["ending"],
        "direction": call["direction"],
        "agents": [leg["agent_id"] for leg in call["legs"]],
        "queue": call["queue"],
        "talk": call["talk_seconds"],
        "transfers": call["transfers"],
        "name": len(call["customer_name"] or ""),
        "tags": len(call["tags"]),
        "disposition": call["disposition"],
        "gap": call["attributes"].get("local_time_in_gap"),
        "differing": decision["differing"],
    }
