"""Flows that aim at answers, on the real tables: what came counts, and every replica reads it."""

from datetime import timedelta
from typing import Any

from common.events import decode
from common.events.calls import Leg
from common.events.decisions import Decision, Reason
from orchestrator.testing import NOW, address, call

AIMING = {"flow": {"aim": {"answers": 1}}}


def calls(name: str, count: int, agent: str = "a1", **changes: Any) -> list[Any]:
    return [
        call(
            f"{name}-{agent}-{n}",
            address=address(n + 100 * ord(agent[0])),
            legs=(Leg(agent_id=agent),),
            **changes,
        )
        for n in range(count)
    ]


async def found(orchestra: Any) -> dict[str, Decision]:
    rows = await orchestra.rows("select event from orchestrator.decisions")
    made = [decode(row["event"], Decision).data for row in rows]
    return {one.interaction.call_id or "": one for one in made}


async def answer_all(orchestra: Any) -> None:
    async with orchestra.db.connection() as connection:
        await connection.execute("update orchestrator.invitations set status = 'answered'")


def words(decision: Decision) -> str:
    return next(one.fact for one in decision.findings if one.guard is Reason.SAMPLED_OUT)


async def test_an_agent_with_enough_answers_is_not_asked_about_and_another_one_is(
    orchestra: Any,
) -> None:
    await orchestra.configure(**AIMING)
    await orchestra.take(*calls("first", 2))
    await answer_all(orchestra)

    await orchestra.take(*calls("second", 3, ended_at=NOW), *calls("second", 1, "b1"))

    made = await found(orchestra)
    mine = [made[f"second-a1-{n}"] for n in range(3)]
    assert {one.reason for one in mine} == {Reason.SAMPLED_OUT}
    assert ": 1 of 1 answers this week for the agent a1, 0 asks open," in words(mine[0])
    assert made["second-b1-0"].reason is None
    assert "unknown calls to come" in words(made["second-b1-0"])


async def test_the_batch_path_and_one_by_one_follow_the_same_share(orchestra: Any) -> None:
    await orchestra.configure(flow={"aim": {"answers": 3, "by": "flow"}})
    told = [one for agent in ("a1", "b1") for one in calls("c", 20, agent)]
    said = []
    for batches in ([told], [[one] for one in told]):
        async with orchestra.db.connection() as connection:
            await connection.execute(
                "truncate orchestrator.contacts, orchestrator.decisions, orchestrator.invitations,"
                " orchestrator.steps, orchestrator.aimed_calls, orchestrator.aimed_asks,"
                " orchestrator.daily_asks, orchestrator.prefix_asks"
            )
        for batch in batches:
            await orchestra.take(*batch)
        said.append({name: one.findings for name, one in (await found(orchestra)).items()})

    assert said[0] == said[1]
    assert len({words(one) for one in (await found(orchestra)).values()}) > 20


async def test_tests_count_nowhere_and_what_is_over_is_forgotten(orchestra: Any) -> None:
    await orchestra.configure(**AIMING)
    await orchestra.take(*calls("old", 2), *calls("test", 1, "t1", test=True))
    for _ in range(2):
        orchestra.now += timedelta(days=7)
        await orchestra.take(*calls(f"{orchestra.now}", 1, ended_at=orchestra.now))

    rows = await orchestra.rows("select name, since, calls from orchestrator.aimed_calls")
    assert {row["name"] for row in rows} == {"a1"}
    assert len(rows) == 2
    asks = await orchestra.rows("select distinct since from orchestrator.aimed_asks")
    assert {row["since"] for row in asks} <= {row["since"] for row in rows}


async def test_copies_count_once_and_no_more_than_the_share_says_is_asked(orchestra: Any) -> None:
    await orchestra.configure(flow={"aim": {"answers": 2}, "sampling_rate": 0.3})
    told = calls("c", 40)

    await orchestra.take(*told)
    await orchestra.take(*told)

    made = await found(orchestra)
    assert [
        row["calls"] for row in await orchestra.rows("select * from orchestrator.aimed_calls")
    ] == [40]
    assert all(float(words(one).split()[3].rstrip(":")) <= 0.3 for one in made.values())
