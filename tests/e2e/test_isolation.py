"""One workspace's trouble with its provider is nobody else's."""

import asyncio
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from statistics import median

from sandbox.faults import Fault, Faults, Trouble
from sandbox.pbx.numbers import customer
from tests.e2e.world import Tenant, World, until

SLICES, CALLS, RATE = 3, 30, 6.0  # calls in a slice and workspace; calls in a second
PAUSE = 30  # seconds that whoever is in trouble waits, after a 401 and after a 429
SLACK = 5.0  # seconds; of a machine that does other things, too
FLOW = {"id": "after-call", "survey": "csat", "enabled": True, "minimum_talk": "0s"}


async def test_a_healthy_workspace_does_not_wait_for_others_in_trouble(
    world: World, tell: Callable[[str], None]
) -> None:
    """From the end of a call to the request at the provider, by the provider's clock.

    Whoever waited for another account's pause would lose most of half a minute. What the others
    cost besides, `make bench ARGS=--neighbours` measures.
    """
    healthy = await world.tenant("healthy")
    locked = await world.tenant("locked", token="env:AFTERCALL_SECRET_E2E_OTHER_TOKEN")
    limited = await world.tenant("limited")
    world.carrier.faults = Faults(
        (Fault(trouble=Trouble.THROTTLED, account=limited.sid, retry_after=PAUSE),)
    )
    await _slice([healthy], 0)  # warms up

    alone = [await _slice([healthy], number) for number in range(1, 1 + SLICES)]
    together = [
        await _slice([healthy, locked, limited], number)
        for number in range(1 + SLICES, 1 + 2 * SLICES)
    ]

    before, after = median(alone), median(together)
    assert after <= before + SLACK, (alone, together)
    asked = SLICES * CALLS
    assert {(ask.status, ask.accepted) for ask in locked.asks()} == {(401, False)}
    assert {(ask.status, ask.accepted) for ask in limited.asks()} == {(429, False)}
    await until(partial(_wait, [locked, limited], asked))
    assert len(healthy.asks()) == sum(ask.accepted for ask in healthy.asks())
    for tenant, calls in ((locked, asked), (limited, asked), (healthy, CALLS + 2 * asked)):
        await tenant.configure(flows=[FLOW | {"enabled": False}])
        await tenant.quiet(calls=calls)
        await tenant.audited()
    world.carrier.faults = Faults()
    tell(
        f"isolation: p99 of a slice alone {_ms(alone)} ms, beside a 401"
        f" ({len(locked.asks())} tries) and a 429 ({len(limited.asks())} tries) {_ms(together)} ms;"
        f" medians {before * 1000:.0f} and {after * 1000:.0f} ms"
    )


async def _slice(tenants: Sequence[Tenant], number: int) -> float:
    """Calls of all of them end at the same rate; the p99 of the first one in seconds."""
    told: dict[str, datetime] = {}
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def ends(index: int) -> None:
        await asyncio.sleep(began + index / RATE - loop.time())
        person = customer(number * CALLS + index)
        told[person] = datetime.now(UTC)
        calls = [tenant.ends(f"{tenant.name}-{number}-{index}", person) for tenant in tenants]
        await asyncio.gather(*calls)

    async def asked() -> list[float] | None:
        took = [
            (ask.at - told[ask.to]).total_seconds() for ask in tenants[0].asks() if ask.to in told
        ]
        return sorted(took) if len(took) == CALLS else None

    await asyncio.gather(*(ends(index) for index in range(CALLS)))
    took = await until(asked)
    return took[math.ceil(0.99 * CALLS) - 1]


async def _wait(tenants: Sequence[Tenant], asked: int) -> bool:
    """Whether as many wait at the sender of each; the last may still be on their way to it."""
    return [await _queued(tenant) for tenant in tenants] == [asked] * len(tenants)


async def _queued(tenant: Tenant) -> int:
    rows = await tenant.rows(
        "select count(*) from sms_sender.sends"
        " where workspace = $1 and state in ('queued', 'claimed')"
    )
    return int(rows[0][0])


def _ms(seconds: Sequence[float]) -> list[int]:
    return [round(1000 * value) for value in seconds]
