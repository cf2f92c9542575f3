"""Surveys by WhatsApp, alone and after a text that failed, on real Kafka and PostgreSQL."""

from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

import pytest_asyncio

from sandbox.faults import Fault, Faults, Trouble
from sandbox.ledger import CreateRequest, only
from sandbox.pbx.numbers import LINES, customer
from sandbox.whatsapp.cloud import Business, Chat, WhatsApp
from sandbox.whatsapp.endpoints import serve
from tests.e2e.world import SECRETS, Tenant, World, until

OURS = {  # by workspace
    "chats": "+13475550190",
    "onward": "+13475550191",
    "stops-one": "+13475550192",
    "stops-all": "+13475550193",
}
BY_WHATSAPP = [{"channel": "whatsapp"}]
TEXT_THEN_WHATSAPP = [{"channel": "sms"}, {"channel": "whatsapp", "when": "failed"}]
OR_WHATSAPP = [{"channel": "sms"}, {"channel": "whatsapp", "when": "no_consent"}]
QUEUES = {"csat": "billing", "nps": "support", "ces": "sales"}
SAID = {"csat": 5, "nps": 10, "ces": 6}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def meta() -> AsyncIterator[WhatsApp]:
    """Meta, on the other side of HTTP."""
    async with serve([]) as made:
        yield made


async def _tenant(
    world: World, meta: WhatsApp, name: str, plan: list[Any], **workspace: Any
) -> Tenant:
    """A workspace that asks by that plan; its templates are approved."""
    tenant = await world.tenant(name, flows=[], workspace=workspace)
    account = f"{name}-whatsapp"
    named = OURS[name].removeprefix("+")
    meta.businesses[named] = Business(
        id=named,
        token=SECRETS["AFTERCALL_SECRET_E2E_TOKEN"],
        secret=SECRETS["AFTERCALL_SECRET_E2E_SIGNING"],
        webhook=f"{world.stack.url('whatsapp-sender')}/v1/whatsapp/callbacks/{account}",
        numbers={named: OURS[name]},
    )
    body = {
        "accounts": [
            {
                "id": account,
                "channel": "whatsapp",
                "provider": "meta",
                "base_url": meta.base_url,
                "business_account_id": named,
                "access_token": "env:AFTERCALL_SECRET_E2E_TOKEN",
                "app_secret": "env:AFTERCALL_SECRET_E2E_SIGNING",
                "verify_token": "env:AFTERCALL_SECRET_E2E_SOURCE",
                "senders": [{"number": OURS[name], "phone_number_id": named, "per_second": 200}],
            }
        ],
        "flows": [
            {
                "id": f"{metric}-flow",
                "survey": metric,
                "enabled": True,
                "minimum_talk": "0s",
                "when": {"queues": [queue]},
                "plan": plan,
            }
            for metric, queue in QUEUES.items()
        ],
    }
    await world.call("PUT", "/v1/config", json=body, workspace=name)

    async def approved() -> bool:
        rows = await tenant.rows(
            "select status from whatsapp_sender.templates where workspace = $1"
        )
        return len(rows) >= len(QUEUES) and all(row["status"] == "approved" for row in rows)

    await until(approved)
    return tenant


async def _consent(tenant: Tenant, people: Mapping[str, str]) -> None:
    yes = [{"address": p, "channel": "whatsapp", "state": s} for p, s in people.items()]
    await tenant.world.call("POST", "/v1/consent/import", json=yes, workspace=tenant.name)


async def _arrived(meta: WhatsApp, person: str, count: int = 1) -> list[Chat]:
    async def there() -> list[Chat] | None:
        found = meta.chats_of(person)
        return found if len(found) >= count else None

    return await until(there) or []


async def _ends(tenant: Tenant, person: str, metric: str, *, nth: int = 1) -> str:
    queue = QUEUES[metric]
    legs = [{"agent_id": "a1", "agent_name": "Ana"}]
    call = f"{tenant.name}-{person}-{nth}"
    return await tenant.ends(call, person, our_number=LINES[queue], queue=queue, legs=legs)


async def test_csat_nps_and_ces_by_whatsapp(
    world: World, meta: WhatsApp, tell: Callable[[str], None]
) -> None:
    tenant = await _tenant(world, meta, "chats", BY_WHATSAPP)
    people = {metric: customer(900 + index) for index, metric in enumerate(QUEUES)}
    stranger = customer(950)  # never said yes
    await _consent(tenant, dict.fromkeys(people.values(), "granted"))

    for metric, person in people.items():
        await _ends(tenant, person, metric)
    await _ends(tenant, stranger, "csat")
    for metric, person in people.items():
        (first,) = await _arrived(meta, person)
        if first.choices:
            await meta.taps(first, str(SAID[metric]))
        else:
            await meta.writes(person, OURS["chats"], str(SAID[metric]))
    funnel = await tenant.quiet(calls=4)

    figures = (await tenant.scores())["scores"]
    told = {one["metric"]: (one["n"], one["histogram"]) for one in figures if one["n"]}
    assert {metric: n for metric, (n, _) in told.items()} == dict.fromkeys(QUEUES, 1)
    for metric, score in SAID.items():
        assert told[metric][1][str(score)] == 1
    assert (funnel["asked"], funnel["delivered"], funnel["answered"]) == (3, 3, 3)
    assert funnel["not_asked"] == {"no_consent": 1}
    assert meta.chats_of(stranger) == []
    await tenant.audited(meta)
    tell(f"WhatsApp: {funnel['asked']} asked, scores {SAID}, one without consent not asked")


async def test_a_text_that_failed_is_followed_by_whatsapp_where_they_said_yes(
    world: World, meta: WhatsApp, tell: Callable[[str], None]
) -> None:
    tenant = await _tenant(world, meta, "onward", TEXT_THEN_WHATSAPP)
    both, no_yes, answers = customer(910), customer(911), customer(912)
    await _consent(tenant, {both: "granted", answers: "granted"})
    failing = [
        Fault(trouble=Trouble.FAILED, account=tenant.sid, to=person, code=30006)
        for person in (both, no_yes)
    ]
    world.carrier.faults = Faults(rules=tuple(failing))

    for person in (both, no_yes, answers):
        await _ends(tenant, person, "csat")
    (first,) = await _arrived(meta, both)
    await meta.taps(first, "4")
    await until(partial(_texted, tenant, answers))
    await world.carrier.receive(answers, tenant.sender, body="2", account=tenant.sid)
    funnel = await tenant.quiet(calls=3)
    world.carrier.faults = Faults()

    assert (funnel["asked"], funnel["answered"]) == (3, 2)
    assert meta.chats_of(no_yes) == meta.chats_of(answers) == []
    asks = [one.to for one in only(meta.ledger, CreateRequest) if one.accepted]
    assert asks.count(both) <= 2  # the ask, and the next question
    await tenant.audited(meta)
    tell(f"text failed -> WhatsApp: {funnel['asked']} asked, {funnel['answered']} answered")


async def test_a_stop_on_one_channel_is_one_for_that_channel(
    world: World, meta: WhatsApp, tell: Callable[[str], None]
) -> None:
    tenant = await _tenant(world, meta, "stops-one", OR_WHATSAPP)
    person = customer(913)
    await _consent(tenant, {person: "granted"})

    await _ends(tenant, person, "csat")
    await until(partial(_texted, tenant, person))
    await world.carrier.receive(person, tenant.sender, body="STOP", account=tenant.sid)
    await tenant.quiet(calls=1)
    await _ends(tenant, person, "csat", nth=2)
    (chat,) = await _arrived(meta, person)
    await meta.writes(person, OURS["stops-one"], "STOP")
    await tenant.quiet(calls=2)
    third = await _ends(tenant, person, "csat", nth=3)
    await tenant.quiet(calls=3)

    said = [one.body for one in meta.chats_of(person) if one.id != chat.id]
    assert [ask.to for ask in tenant.asks() if ask.accepted] == [person]
    assert len(said) == 1
    assert said[0].startswith("You will get no more surveys from Northwind")
    verdict = await world.call("GET", f"/v1/decisions/{third}", workspace=tenant.name)
    assert verdict["reason"] == "opted_out"
    await tenant.audited(meta)
    tell("a STOP by text, then WhatsApp; a STOP there, too: then nobody asks")


async def test_a_stop_on_one_channel_is_one_for_all_where_the_workspace_says_so(
    world: World, meta: WhatsApp, tell: Callable[[str], None]
) -> None:
    tenant = await _tenant(world, meta, "stops-all", OR_WHATSAPP, opt_out_scope="all")
    person = customer(914)
    await _consent(tenant, {person: "granted"})

    await _ends(tenant, person, "csat")
    await until(partial(_texted, tenant, person))
    await world.carrier.receive(person, tenant.sender, body="STOP", account=tenant.sid)
    await tenant.quiet(calls=1)
    second = await _ends(tenant, person, "csat", nth=2)
    await tenant.quiet(calls=2)
    verdict = await world.call("GET", f"/v1/decisions/{second}", workspace=tenant.name)
    assert verdict["words"].endswith("(opted out of sms, which counts for all channels)")
    assert meta.chats_of(person) == []

    # Who takes it back by WhatsApp is asked there again, and by no text.
    await meta.writes(person, OURS["stops-all"], "START")
    await tenant.quiet(calls=2)
    await _ends(tenant, person, "csat", nth=3)
    await _arrived(meta, person, 2)
    await tenant.quiet(calls=3)

    welcome, asked = (chat.body for chat in meta.chats_of(person))
    assert welcome.startswith("You may get surveys from Northwind again")
    assert "satisfied" in asked
    assert [ask.to for ask in tenant.asks() if ask.accepted] == [person]
    await tenant.audited(meta)
    tell("a STOP by text ends WhatsApp, too; a START there begins it again, there alone")


async def _texted(tenant: Tenant, person: str) -> bool:
    return any(ask.accepted and ask.to == person for ask in tenant.asks())
