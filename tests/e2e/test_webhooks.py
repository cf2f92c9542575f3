"""From a caller's answer to the workspace's own system, on real Kafka and PostgreSQL."""

import asyncio
from collections.abc import Callable
from typing import Any

from closed_loop.testing import Receiver, receiving
from sandbox.pbx.numbers import customer
from tests.e2e.world import Tenant, World, until


async def _answers(tenant: Tenant, person: str, text: str) -> None:
    """A call of theirs ended, they were asked, and write back."""
    await tenant.ends(f"call-{person}", person)
    await until(lambda: _asked(tenant, person))
    await tenant.world.carrier.receive(person, tenant.sender, body=text, account=tenant.sid)


async def _asked(tenant: Tenant, person: str) -> bool:
    return person in {ask.to for ask in tenant.asks()}


async def _heard(receiver: Receiver, count: int) -> bool:
    return len({one.told["data"]["interaction_id"] for one in receiver.requests}) >= count


async def test_an_answer_reaches_the_workspaces_own_system_also_over_a_crash(
    world: World, tell: Callable[[str], None]
) -> None:
    tenant = await world.tenant("webhooks")
    loop = world.stack.one("closed-loop")
    async with receiving() as receiver:
        body = {"url": receiver.url, "events": ["response.created"]}
        made = await world.call("POST", "/v1/webhooks", json=body, workspace="webhooks")
        people = [customer(960 + number) for number in range(4)]

        await _answers(tenant, people[0], "2")
        await until(lambda: _heard(receiver, 1))
        loop.kill()
        loop.start(fail_at="closed_loop.before_commit:1")
        await _answers(tenant, people[1], "5")
        await asyncio.to_thread(lambda: loop.popen and loop.popen.wait(60))
        died = loop.status
        loop.start(fail_at="webhook.after_post:1")
        await asyncio.to_thread(lambda: loop.popen and loop.popen.wait(60))
        loop.start()
        await asyncio.gather(loop.ready(), _answers(tenant, people[2], "4"))
        await until(lambda: _heard(receiver, 3))

    data: dict[str, Any] = {}
    for one in receiver.requests:
        told = one.verified(made["secret"])["data"]
        data[told["interaction_id"]] = told
    assert died != 0
    assert sorted(told["score"] for told in data.values()) == [2, 4, 5]
    assert len({one.id for one in receiver.requests}) == 3
    shown = await world.call("GET", f"/v1/responses/{next(iter(data))}", workspace="webhooks")
    told = data[shown["interaction_id"]]
    assert {key: told[key] for key in shown.keys() & told.keys() - {"score"}} == {
        key: shown[key] for key in shown.keys() & told.keys() - {"score"}
    }
    tell(f"webhooks: {len(receiver.requests)} requests for {len(data)} answers")
