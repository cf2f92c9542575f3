"""A person who asks to be forgotten is nowhere any more, whatever is told again; figures stay."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from common.bus import Message
from common.bus.kafka import KafkaBus
from common.streams.dead_letters import GROUP as REDRIVEN
from common.topics import DECISIONS, INTERACTIONS, RESPONSES, STEPS
from sandbox.pbx.numbers import LINES, customer
from tests.e2e.sweeping import Log, in_tables, in_topics, records
from tests.e2e.topics import read_lag
from tests.e2e.world import SOURCE_SECRET, Tenant, World, event, until

GONE, SAID_NO, STAYS = customer(13_790), customer(13_791), customer(13_792)
NAME, WORDS, ODD, CALL = "Wombatsby", "zeppelins never queue", "what is a yurt", "quokka-call"
TRACES = (GONE.lstrip("+"), SAID_NO.lstrip("+"), NAME, WORDS, ODD, CALL)
# Where numbers and words are until the days of the topic are over, and nowhere else.
MAY_HOLD = {INTERACTIONS, DECISIONS, RESPONSES, f"{STEPS}sms"}
PARTS = "erased-parts"
CALLS = 5


async def test_nothing_of_an_erased_person_is_left_in_any_table(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await _lived_in(world)
    figures = await _figures(tenant)
    there = await in_tables(world.db, TRACES)
    assert all(there.values()), there  # every trace was somewhere

    held = await export(tenant, GONE)
    for trace in (GONE, NAME, WORDS, ODD, CALL):
        assert trace in held, trace
    assert SAID_NO.lstrip("+") not in held

    asked = [await erase(tenant, number) for number in (GONE, SAID_NO)]
    for one in asked:
        await until(lambda one=one: is_done(tenant, one))

    left = await in_tables(world.db, TRACES)
    assert not any(left.values()), left
    assert await _figures(tenant) == figures
    told = await records(world.kafka, world.namespace)
    holding = in_topics(told, TRACES)
    assert {topic for topics in holding.values() for topic in topics} <= MAY_HOLD, holding
    held = await export(tenant, GONE)
    assert [trace for trace in TRACES if trace in held] == []
    tell(f"erasure: rows with a trace before {there}, after: none; records {holding}")

    await _tell_again(world, told, people=[one["contact_id"] for one in asked])

    left = await in_tables(world.db, TRACES)
    assert not any(left.values()), left
    assert await _figures(tenant) == figures
    await _others_and_later_calls(tenant)


async def _lived_in(world: World) -> Tenant:
    """Three people who were asked; one said a lot, one STOP, one nothing."""
    tenant = await world.tenant("erased")
    parts = {
        "id": PARTS,
        "vendor": "mapped-json",
        "settle": "1s",
        "region": "US",
        "secrets": ["env:AFTERCALL_SECRET_E2E_SOURCE"],
    }
    await tenant.configure(sources=[*tenant.every_source(), parts])
    named = {"customer_name": NAME, "attributes": {"crm": f"{NAME} {GONE}"}, "linked": [GONE]}
    for number, person in enumerate((GONE, SAID_NO, STAYS)):
        name = "stays" if person == STAYS else f"{CALL}-{number}"
        await tenant.ends(name, person, **(named if person == GONE else {}))
    await until(lambda: _asks(tenant, 3))
    await _reports_a_part(world)
    await tenant.ends(f"{CALL}-missed", GONE, ending="missed")
    await until(lambda: _asks(tenant, 4))
    for person, text in ((GONE, f"4 {WORDS}"), (SAID_NO, "STOP"), (GONE, ODD), (STAYS, "5")):
        await world.carrier.receive(person, tenant.sender, body=text, account=tenant.sid)
    await tenant.quiet(calls=CALLS)
    return tenant


async def _reports_a_part(world: World) -> None:
    told = event(f"{CALL}-part", GONE)["data"]
    body = {name: told[name] for name in ("id", "ending", "address", "ended_at", "queue")}
    url = world.url(f"/v1/sources/{PARTS}/calls/{SOURCE_SECRET}")
    answer = await world.http.post(url, json=body | {"our_number": LINES["billing"]})
    assert answer.status_code == 202, answer.text


async def _asks(tenant: Tenant, count: int) -> bool:
    return len([ask for ask in tenant.asks() if ask.accepted]) >= count


async def _figures(tenant: Tenant) -> Any:
    """What is counted, as tables and the API have it."""
    rollups = await tenant.rows(
        "select r::text as row from analytics.rollups r where workspace = $1 order by 1"
    )
    scores = await tenant.rows(
        "select interaction_id, score, answers, slots from analytics.facts"
        " where workspace = $1 order by 1"
    )
    return rollups, scores, await tenant.scores(), await tenant.funnel()


async def erase(tenant: Tenant, number: str) -> dict[str, Any]:
    found = await tenant.world.call(
        "POST", "/v1/contacts/erase", json={"address": number}, workspace=tenant.name
    )
    erasure: dict[str, Any] = found
    return erasure


async def export(tenant: Tenant, number: str) -> str:
    """All that all services tell about a person, as text."""
    found = await tenant.world.call(
        "POST", "/v1/contacts/export", json={"address": number}, workspace=tenant.name
    )
    told = [str(found["tables"])]
    for path in found["elsewhere"].values():
        answer = await tenant.world.request("GET", path, params={"workspace": tenant.name})
        assert answer.status_code in (200, 404), answer.text
        told.append(answer.text)
    return "\n".join(told)


async def is_done(tenant: Tenant, erasure: dict[str, Any]) -> bool:
    found = await tenant.world.call("GET", f"/v1/erasures/{erasure['id']}", workspace=tenant.name)
    return found["done_at"] is not None


async def _tell_again(world: World, told: Sequence[Log], *, people: Sequence[str]) -> None:
    """All that topics still hold about them, as after a restore of a broker; till worked off."""
    bus = KafkaBus(world.kafka, namespace=world.namespace)
    again = [
        Message(one.topic, one.key, one.value)
        for one in told
        if any(person.encode() in one.value for person in people)
    ]
    assert {INTERACTIONS, DECISIONS, RESPONSES, f"{STEPS}sms"} <= {one.topic for one in again}
    try:
        await bus.publish(again)
    finally:
        await bus.close()

    async def worked_off() -> bool:
        lag = await read_lag(world.kafka, world.namespace)
        return not any(count for group, count in lag.items() if group != REDRIVEN)

    await until(worked_off)


async def _others_and_later_calls(tenant: Tenant) -> None:
    """Who calls again is somebody new, but for the no that they said."""
    calls = {
        person: UUID(await tenant.ends(f"later-{person}", person)) for person in (GONE, SAID_NO)
    }

    async def decided() -> dict[str, str | None] | None:
        rows = await tenant.rows(
            "select interaction_id, reason from orchestrator.decisions where workspace = $1"
        )
        reasons = {row["interaction_id"]: row["reason"] for row in rows}
        if not set(calls.values()) <= reasons.keys():
            return None
        return {person: reasons[call] for person, call in calls.items()}

    assert await until(decided) == {GONE: None, SAID_NO: "opted_out"}
    stays = await tenant.world.call(
        "POST", "/v1/contacts/find", json={"address": STAYS}, workspace=tenant.name
    )
    assert len(stays["asks"]) == 1
    await tenant.quiet(calls=CALLS + 2)
