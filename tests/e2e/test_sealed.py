"""A call, an ask, an answer, a STOP, an export, and all the while no table has the number."""

from collections.abc import Callable
from typing import Any

from sandbox.pbx.numbers import LINES, customer
from tests.e2e.sweeping import in_columns, in_tables
from tests.e2e.test_erasure import PARTS, erase, export, is_done
from tests.e2e.world import SOURCE_SECRET, Tenant, World, event, until

ANSWERS, SAYS_NO, WRITES, IS_BROUGHT, IS_LISTED = (customer(13_770 + n) for n in range(5))
PEOPLE = (ANSWERS, SAYS_NO, WRITES, IS_BROUGHT, IS_LISTED)
DIGITS = tuple(number.lstrip("+") for number in PEOPLE)
# Events wait there for the broker, moments as a rule.
OUTBOXES = {f"{schema}.outbox" for schema in ("ingest", "orchestrator", "sms_sender")}
PASSING = {f"{outbox}.value" for outbox in OUTBOXES}


async def test_no_number_stands_in_a_table_and_all_goes_on(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await _lived_in(world)

    found = await in_columns(world.db, DIGITS)

    assert found.keys() <= PASSING, found
    there = await in_tables(world.db, DIGITS)
    assert all(there.values()), there  # each is somewhere, for who has the keys
    for person in PEOPLE:
        assert person in await export(tenant, person), person
    tell(f"sealed: numbers of {len(PEOPLE)} people stand in {dict(found)}")

    for person in PEOPLE:
        asked = await erase(tenant, person)
        await until(lambda asked=asked: is_done(tenant, asked))

    left = await in_tables(world.db, DIGITS)
    assert {table for of in left.values() for table in of} <= OUTBOXES, left
    for person in PEOPLE:
        assert person not in await export(tenant, person), person


async def _lived_in(world: World) -> Tenant:
    """Three people were asked: one answered, one said STOP, one wrote what is no answer."""
    tenant = await world.tenant("sealed")
    parts = {
        "id": f"{PARTS}-sealed",
        "vendor": "mapped-json",
        "settle": "1s",
        "region": "US",
        "secrets": ["env:AFTERCALL_SECRET_E2E_SOURCE"],
    }
    await tenant.configure(sources=[*tenant.every_source(), parts])
    await _post(tenant, "/v1/do-not-contact/dnd/entries", {"addresses": [IS_LISTED]})
    await _post(tenant, "/v1/audiences/spring/people", {"people": [{"address": IS_BROUGHT}]})
    for number, person in enumerate((ANSWERS, SAYS_NO, WRITES)):
        await tenant.ends(f"sealed-{number}", person)
    told = event("sealed-part", ANSWERS)["data"]
    body = {name: told[name] for name in ("id", "address", "ended_at", "queue")}
    url = world.url(f"/v1/sources/{parts['id']}/calls/{SOURCE_SECRET}")
    answer = await world.http.post(
        url, json=body | {"ending": "missed", "our_number": LINES["billing"]}
    )
    assert answer.status_code == 202, answer.text
    await until(lambda: _asks(tenant, 3))
    for person, text in ((ANSWERS, "4"), (SAYS_NO, "STOP"), (WRITES, "where is the gnu")):
        await world.carrier.receive(person, tenant.sender, body=text, account=tenant.sid)
    await tenant.quiet(calls=4)
    return tenant


async def _asks(tenant: Tenant, count: int) -> bool:
    return len([ask for ask in tenant.asks() if ask.accepted]) >= count


async def _post(tenant: Tenant, path: str, body: dict[str, Any]) -> None:
    await tenant.world.call("POST", path, json=body, workspace=tenant.name)
