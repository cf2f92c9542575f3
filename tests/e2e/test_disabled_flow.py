"""A flow is switched off while a hundred of its asks wait, here and there."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from sandbox.pbx.numbers import customer
from tests.e2e.world import Tenant, World, each, until

HERE = 50  # wait in the orchestrator, and as many at the sender
FLOW = {"id": "after-call", "survey": "csat", "enabled": True, "minimum_talk": "0s"}
SLOW = 0.001  # texts in a second


async def test_of_a_hundred_waiting_asks_none_is_sent_when_the_flow_is_disabled(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await world.tenant("disabled", per_second=SLOW, flows=[FLOW])
    await tenant.ends("disabled-first", customer(0))
    await until(lambda: _sent(tenant, 1))  # the one that the sender's rate allows
    at_sender = await _calls_end(tenant, 1)
    await until(lambda: _queued(tenant))
    await tenant.configure(per_second=SLOW, flows=[FLOW | {"delay": "1h"}])
    here = await _calls_end(tenant, 1 + HERE)
    planned = [await _invitation(tenant, call) for call in (*at_sender, *here)]
    waiting = Counter(step["state"] for plan in planned for step in plan["steps"])
    assert waiting == {"with_sender": HERE, "waiting": HERE}

    await world.call("PATCH", "/v1/flows/after-call", json={"enabled": False},
                     workspace=tenant.name)  # fmt: skip
    funnel = await tenant.quiet(calls=1 + 2 * HERE)

    stopped = [await _invitation(tenant, call) for call in (*at_sender, *here)]
    assert Counter((one["status"], one["reason"]) for one in stopped) == {
        ("cancelled", "flow_disabled"): 2 * HERE
    }
    sends = await world.call("GET", "/v1/sms/sends", workspace=tenant.name, status="cancelled")
    assert Counter(send["reason"] for send in sends["sends"]) == {"flow_disabled": HERE}
    tries = await world.call("GET", "/v1/calls", workspace=tenant.name, limit=500)
    told = Counter(t["reason"] for call in tries["calls"] for t in call["tries"] if t["reason"])
    assert told == {"flow_disabled": 2 * HERE}
    assert (funnel["asked"], funnel["sent"], funnel["cancelled"]) == (1 + 2 * HERE, 1, 2 * HERE)

    await tenant.configure(per_second=100, flows=[FLOW])
    await tenant.ends("disabled-last", customer(1 + 2 * HERE))
    await tenant.quiet(calls=2 + 2 * HERE)
    assert [ask.to for ask in tenant.asks()] == [customer(0), customer(1 + 2 * HERE)]
    await tenant.audited()
    tell(
        f"disabled: waiting {dict(waiting)}; after the switch {dict(told)} by the calls' rows,"
        f" {len(stopped)} invitations say so, sent {len(tenant.asks()) - 2}"
    )


async def _calls_end(tenant: Tenant, first: int) -> list[str]:
    """The interactions."""
    made: list[str] = []

    async def ends(index: int) -> None:
        made.append(await tenant.ends(f"disabled-{index}", customer(index)))

    await each(range(first, first + HERE), ends)
    return made


async def _sent(tenant: Tenant, count: int) -> bool:
    return sum(ask.accepted for ask in tenant.asks()) == count


async def _queued(tenant: Tenant) -> bool:
    sends = await tenant.world.call(
        "GET", "/v1/sms/sends", workspace=tenant.name, status="queued", limit=100
    )
    return len(sends["sends"]) == HERE


async def _invitation(tenant: Tenant, interaction: str) -> dict[str, Any]:
    async def decided() -> Any:
        path = f"/v1/decisions/{interaction}?workspace={tenant.name}"
        answer = await tenant.world.request("GET", path)
        return answer.json() if answer.status_code == 200 else None

    decision = await until(decided)
    found: dict[str, Any] = await tenant.world.call(
        "GET", f"/v1/invitations/{decision['invitation_id']}", workspace=tenant.name
    )
    return found
