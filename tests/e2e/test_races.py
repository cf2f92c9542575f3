"""Things that happen at the same moment, a thousand times."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from aiokafka import AIOKafkaProducer

from channel.store.schema import MESSAGE_ADDRESS, Schema
from common.database.sealing import opened_rows
from common.events import encode, envelope
from common.events.calls import Interaction
from common.events.values import Direction, Ending, Kind
from common.ids import contact_id, interaction_id
from common.topics import BY_NAME, INTERACTIONS
from sandbox.carrier import Text
from sandbox.ledger import CreateRequest, Reply, Webhook, only
from sandbox.pbx.numbers import LINES, customer
from tests.e2e.stack import PEPPER
from tests.e2e.world import ONCE_A_WEEK, Tenant, World, each, until

PAIRS = 1_000
CLOSE = timedelta(milliseconds=50)
CONTACTS, CALLS_EACH = 1_000, 3
UNDER_WAY = "queued", "claimed"
PARTITIONS = BY_NAME[INTERACTIONS].partitions


async def test_no_claim_commits_after_a_stop(world: World, tell: Callable[[str], None]) -> None:
    tenant = await world.tenant("stops")
    # A carrier that would send whatever it is given: only our own claim keeps a text back.
    account = world.carrier.accounts[tenant.sid]
    world.carrier.accounts[tenant.sid] = replace(account, handles_stop=False)
    people = [customer(index) for index in range(PAIRS)]

    await _ask_and_stop(tenant, people)
    funnel = await tenant.quiet(calls=PAIRS)

    async def all_over() -> bool:  # what was taken by way of Kafka is a little later
        claims = await _claims(tenant)
        return all(row["suppressed_at"] and row["state"] not in UNDER_WAY for row in claims)

    await until(all_over)
    rows = {row["address"]: row for row in await _claims(tenant)}
    claimed = {person: row["claimed_at"] for person, row in rows.items() if row["claimed_at"]}
    assert [p for p in claimed if claimed[p] > rows[p]["suppressed_at"]] == []
    # What was claimed when the STOP came is held back, unless it had left; nothing else is sent.
    asked = {ask.to for ask in tenant.asks()}
    assert asked <= claimed.keys()
    stopped = [(row["state"], row["reason"]) for p, row in rows.items() if p not in asked]
    assert {*stopped} == {("cancelled", "opted_out")}
    assert funnel["not_asked"].keys() <= {"opted_out"}  # the STOP was there before the decision
    acknowledged = _acknowledged(tenant)
    assert acknowledged.keys() == {*people}
    # A STOP that the database did not take in time was acknowledged when Kafka had it.
    late = [person for person in claimed if claimed[person] > acknowledged[person]]
    assert len(late) <= await _by_way_of_kafka(world)
    assert min(len(claimed), PAIRS - len(claimed)) > PAIRS // 10  # else it was no race
    await tenant.audited()
    close = sum(abs(claimed[p] - rows[p]["suppressed_at"]) < CLOSE for p in claimed)
    tell(
        f"stops: {PAIRS} pairs; claimed before the STOP {len(claimed)} ({close} of them by less"
        f" than 50 ms), stopped at the claim {len(stopped)}, stopped before the decision"
        f" {PAIRS - len(rows)}; claims after a STOP's commit 0, texts without a claim 0"
    )


async def _ask_and_stop(tenant: Tenant, people: list[str]) -> None:
    """A call of each ends, and they say STOP at about the moment when the text is claimed.

    Which moment that is the pairs themselves find out: whoever was too late makes the next ones
    wait less, whoever was in time makes them wait longer.
    """
    carrier, loop = tenant.world.carrier, asyncio.get_running_loop()
    texted: set[str] = set()
    wait = 0.1  # seconds

    def hear(text: Text) -> None:
        if text.account == tenant.sid:
            texted.add(text.person)

    async def race(person: str) -> None:
        nonlocal wait
        began = loop.time()
        await tenant.ends(f"stops-{person}", person)
        await asyncio.sleep(began + wait - loop.time())
        in_time = person not in texted
        await carrier.receive(person, tenant.sender, body="STOP", account=tenant.sid)
        wait *= 1.02 if in_time and person not in texted else 1 / 1.02

    carrier.listeners.append(hear)
    await each(people, race, at_once=64)
    carrier.listeners.remove(hear)


async def _claims(tenant: Tenant) -> list[dict[str, Any]]:
    rows = await tenant.rows(
        "select m.address, s.state, s.reason, s.claimed_at, c.suppressed_at from sms_sender.sends s"
        " join sms_sender.contacts c using (workspace, contact_id)"
        " join sms_sender.messages m on m.workspace = s.workspace and m.send_id = s.id"
        " where s.workspace = $1 and s.kind = 'step'"
    )
    places = {"address": Schema("sms_sender").place(MESSAGE_ADDRESS)}
    async with tenant.world.db.connection() as connection:
        return await opened_rows(connection, tenant.name, rows, places)


async def _by_way_of_kafka(world: World) -> float:
    name = "aftercall_callbacks_total"
    return await world.metric("sms-sender", 0, name, kind="message", fate="logged")


def _acknowledged(tenant: Tenant) -> dict[str, datetime]:
    """When each person's STOP had been taken."""
    entries = tenant.entries()
    person = {reply.sid: reply.person for reply in only(entries, Reply)}
    return {
        person[webhook.sid]: webhook.at
        for webhook in only(entries, Webhook)
        if webhook.acknowledged and webhook.sid in person
    }


async def test_first_time_callers_are_asked_once_however_many_replicas_race(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await world.tenant("firsts", caps=ONCE_A_WEEK, per_second=1000)
    before = [await _batches(world, replica) for replica in range(3)]

    await _publish_all(tenant, [_interaction(tenant, *ids) for ids in _calls()])
    funnel = await tenant.quiet(calls=CONTACTS * CALLS_EACH)

    assert funnel["asked"] == CONTACTS
    assert funnel["not_asked"] == {"frequency_cap": CONTACTS * (CALLS_EACH - 1)}
    decided = await tenant.rows(
        "select contact_id, count(*) filter (where reason is null) as asks, count(*) as calls"
        " from analytics.facts where workspace = $1 group by contact_id"
    )
    assert Counter((row["asks"], row["calls"]) for row in decided) == {(1, CALLS_EACH): CONTACTS}
    asked = Counter(request.to for request in only(tenant.entries(), CreateRequest))
    assert asked == {customer(index): 1 for index in range(CONTACTS)}
    took = [await _batches(world, replica) - before[replica] for replica in range(3)]
    assert min(took) > 0, took
    await tenant.audited()
    tell(
        f"firsts: {CONTACTS} contacts with {CALLS_EACH} calls each over 3 replicas (batches"
        f" {took}): asked once each {len(asked)}, capped {funnel['not_asked']['frequency_cap']}"
    )


def _calls() -> list[tuple[int, int]]:
    return [(person, call) for person in range(CONTACTS) for call in range(CALLS_EACH)]


def _interaction(tenant: Tenant, person: int, call: int) -> Interaction:
    name, number = f"firsts-{person}-{call}", customer(person)
    tenant.told.add(name)
    return Interaction(
        id=interaction_id(tenant.name, "/pbx/main", name),
        workspace=tenant.name,
        source="/pbx/main",
        call_id=name,
        kind=Kind.CALL,
        ending=Ending.CONNECTED,
        direction=Direction.INBOUND,
        address=number,
        contact_id=contact_id(PEPPER.encode(), tenant.name, number),
        country="US",
        our_number=LINES["billing"],
        queue="billing",
        talk_seconds=60.0,
        ended_at=datetime.now(UTC),
    )


async def _publish_all(tenant: Tenant, interactions: list[Interaction]) -> None:
    """At once; a person's calls on partitions that different replicas are likely to own."""
    draw = Random(7)
    producer = AIOKafkaProducer(bootstrap_servers=tenant.world.kafka, linger_ms=50)
    await producer.start()
    try:
        for first in range(0, len(interactions), CALLS_EACH):
            of_person = interactions[first : first + CALLS_EACH]
            partitions = draw.sample(range(PARTITIONS), CALLS_EACH)
            for interaction, partition in zip(of_person, partitions, strict=True):
                await producer.send(
                    tenant.world.namespace + INTERACTIONS,
                    _encoded(interaction),
                    partition=partition,
                )
        await producer.flush()
    finally:
        await producer.stop()


def _encoded(interaction: Interaction) -> bytes:
    event: Any = envelope(
        interaction,
        aggregate=interaction.id,
        revision=0,
        source="/ingest",
        time=interaction.ended_at,
        workspace=interaction.workspace,
    )
    return encode(event)


async def _batches(world: World, replica: int) -> float:
    return await world.metric("orchestrator", replica, "aftercall_decision_batch_seconds_count")
