"""Two spellings of one mobile are one person, on every way in; a dead number is remembered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.faults import Fault, Faults, Trouble
from sandbox.ledger import CreateRequest
from sandbox.pbx.numbers import customer
from tests.e2e.world import Tenant, World, each, until

COUNTRIES = {"countries": ["US", "MX", "AR", "BR", "CI"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled:
    """As the switch tells the number, and as it writes to us."""

    id: str
    told: str
    writes: str


SPELLED = (
    Spelled(id="mexico", told="+525512345601", writes="+5215512345601"),
    Spelled(id="mexico-with-1", told="+5215512345602", writes="+525512345602"),
    Spelled(id="argentina", told="+541123456701", writes="+5491123456701"),
    Spelled(id="argentina-with-9", told="+5491123456702", writes="+541123456702"),
    Spelled(id="brazil-before-2016", told="+551187654301", writes="+5511987654301"),
    Spelled(id="ivory-coast-before-2021", told="+22507123401", writes="+2250707123401"),
)
IMPORTED = (  # as the ledger is told who said no
    Spelled(id="mexico-imported", told="+525512345611", writes="+5215512345611"),
    Spelled(id="argentina-imported", told="+5491123456711", writes="+541123456711"),
)
DEAD = {customer(5_001): 30005, customer(5_002): 30006}  # nobody has it, a landline


async def test_a_stop_and_an_answer_count_from_the_other_spelling(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await world.tenant("spelled", workspace=COUNTRIES)
    no = [{"address": one.writes, "channel": "all", "state": "withdrawn"} for one in IMPORTED]
    await world.call("POST", "/v1/consent/import", json=no, workspace=tenant.name)

    await each((*SPELLED, *IMPORTED), lambda one: tenant.ends(f"{one.id}/1", one.told))
    await until(lambda: _asked(tenant, len(SPELLED)))
    for one in SPELLED:
        for text in ("4", "STOP"):
            await world.carrier.receive(one.writes, tenant.sender, body=text, account=tenant.sid)
    await tenant.quiet(calls=len(SPELLED) + len(IMPORTED))
    await each(SPELLED, lambda one: tenant.ends(f"{one.id}/2", one.told))
    await each(SPELLED, lambda one: tenant.ends(f"{one.id}/3", one.writes))
    await tenant.quiet(calls=3 * len(SPELLED) + len(IMPORTED))

    responses = await world.call("GET", "/v1/responses", workspace=tenant.name, limit="500")
    scores = {one["call_id"]: one["score"] for one in responses["responses"]}
    assert scores == {f"{one.id}/1": 4 for one in SPELLED}
    for one in SPELLED:
        verdicts = [await _verdict(tenant, f"{one.id}/{number}") for number in (1, 2, 3)]
        assert verdicts == ["invite", "opted_out", "opted_out"], one.id
    for one in IMPORTED:
        assert await _verdict(tenant, f"{one.id}/1") == "opted_out", one.id
    assert sum(map(_is_ask, tenant.asks())) == len(SPELLED)
    tell(f"spellings: {len(SPELLED)} people by two each, {len(IMPORTED)} imported; 0 asked after")


async def test_a_dead_number_is_left_alone_until_it_answers(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await world.tenant("unreachable")
    world.carrier.faults = Faults(
        tuple(
            Fault(trouble=Trouble.FAILED, account=tenant.sid, to=number, code=code)
            for number, code in DEAD.items()
        )
    )
    try:
        await _all_end(tenant, 1)
        await _all_end(tenant, 2)
    finally:
        world.carrier.faults = Faults()
    for number in DEAD:
        await world.carrier.receive(number, tenant.sender, body="5", account=tenant.sid)
    await tenant.quiet(calls=2 * len(DEAD))
    await _all_end(tenant, 3)

    for number in DEAD:
        verdicts = [await _verdict(tenant, f"{number}/{which}") for which in (1, 2, 3)]
        assert verdicts == ["invite", "unreachable", "invite"]
    assert sum(map(_is_ask, tenant.asks())) == 2 * len(DEAD)
    await tenant.audited()
    tell(f"dead numbers: {len(DEAD)}; asked once, left alone, asked again when they had answered")


async def _all_end(tenant: Tenant, which: int) -> None:
    for number in DEAD:
        await tenant.ends(f"{number}/{which}", number)
    await tenant.quiet(calls=which * len(DEAD))


def _is_ask(text: CreateRequest) -> bool:
    """Not what we write back to answers."""
    return "Reply" in text.body


async def _asked(tenant: Tenant, people: int) -> bool:
    return len({ask.to for ask in tenant.asks()}) >= people


async def _verdict(tenant: Tenant, call: str) -> str:
    query: dict[str, Any] = {"source": "/pbx/main", "call_id": call}
    found = await tenant.world.call("GET", "/v1/decisions", workspace=tenant.name, **query)
    return str(found["reason"] or found["verdict"])
