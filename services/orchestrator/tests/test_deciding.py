"""A batch decides once, whatever comes twice, crashes or races."""

import asyncio
from datetime import timedelta
from typing import Any

from common.config import ConfigReader
from common.database import Database
from common.events.decisions import Decision, Reason, Verdict
from common.ids import invitation_id, step_id
from common.topics import DECISIONS, DELIVERIES, STEPS_SMS
from orchestrator.domain.consent import ALL, BITS
from orchestrator.testing import CALLER, NOW, address, call, until

DAY = timedelta(days=1)
CAP_1 = {"workspace": {"caps": [{"asks": 1, "per": "30d"}]}}


async def verdicts(orchestra: Any) -> list[tuple[str | None, Reason | None]]:
    decisions: list[Decision] = [e.data for e in await orchestra.published(DECISIONS)]
    return sorted((d.interaction.call_id, d.reason) for d in decisions)


async def test_a_call_becomes_a_decision_an_invitation_and_a_step(orchestra: Any) -> None:
    await orchestra.take(call())

    [decision] = await orchestra.published(DECISIONS)
    [step] = await orchestra.published(STEPS_SMS)
    identity = invitation_id(call().id, "csat-flow")
    assert decision.data.verdict is Verdict.INVITE
    assert decision.data.interaction == call()
    assert (step.data.id, step.data.invitation_id) == (step_id(identity, 0), identity)
    assert step.data.questionnaire.questions[0].text == "{brand}: rate us 1 to 5"
    assert step.data.variables["agent"] == "Ana"
    assert step.data.expires_at == NOW + timedelta(hours=4)
    assert step.data.answers_until == NOW + timedelta(hours=24)
    assert await orchestra.status(identity) == ("asked", None)


async def test_a_known_call_is_published_again_as_it_was_and_counted(orchestra: Any) -> None:
    await orchestra.take(call())
    orchestra.now += DAY

    await orchestra.take(call(talk_seconds=1.0), call(queue="other"))

    first, again = await orchestra.published(DECISIONS)
    assert first == again
    assert len(await orchestra.published(STEPS_SMS)) == 1
    rows = await orchestra.rows("select copies from orchestrator.decisions")
    assert [row["copies"] for row in rows] == [2]


async def test_two_calls_of_one_person_in_a_batch_respect_the_cap(orchestra: Any) -> None:
    await orchestra.configure(**CAP_1)

    await orchestra.take(call("first"), call("second"))

    assert await verdicts(orchestra) == [("first", None), ("second", Reason.FREQUENCY_CAP)]


async def test_the_cap_is_remembered_between_batches(orchestra: Any) -> None:
    await orchestra.configure(**CAP_1)
    await orchestra.take(call("first"))
    orchestra.now += 29 * DAY

    await orchestra.take(call("second", ended_at=orchestra.now))
    orchestra.now += 2 * DAY
    await orchestra.take(call("third", ended_at=orchestra.now))

    assert await verdicts(orchestra) == [
        ("first", None),
        ("second", Reason.FREQUENCY_CAP),
        ("third", None),
    ]


async def test_a_call_without_address_still_gets_its_decision(orchestra: Any) -> None:
    await orchestra.take(call(address=None, address_problem="hidden"))

    assert await verdicts(orchestra) == [("c1", Reason.NO_ADDRESS)]


async def test_the_daily_ceiling_holds_over_batches(orchestra: Any) -> None:
    await orchestra.configure(workspace={"daily_ceiling": 3})

    for batch in range(2):
        await orchestra.take(*(call(f"{batch}-{n}", address=address(n)) for n in range(2)))

    reasons = [reason for _, reason in await verdicts(orchestra)]
    assert reasons.count(None) == 3
    assert reasons.count(Reason.DAILY_CEILING) == 1


async def test_so_many_numbers_that_begin_alike_are_asked_in_an_hour(orchestra: Any) -> None:
    await orchestra.configure(workspace={"prefix_ceiling": 3})
    orchestra.now = NOW.replace(minute=30)

    for batch in range(2):
        await orchestra.take(*(call(f"{batch}-{n}", address=address(n)) for n in range(2)))
    await orchestra.take(call("elsewhere", address="+13125550101"))

    reasons = dict(await verdicts(orchestra))
    assert list(reasons.values()).count(Reason.PREFIX_CEILING) == 1
    assert reasons["elsewhere"] is None

    orchestra.now += timedelta(hours=1)
    await orchestra.take(call("later", address=address(4)))
    assert dict(await verdicts(orchestra))["later"] is None


async def test_who_tests_is_no_reason_to_ask_no_neighbour(orchestra: Any) -> None:
    await orchestra.configure(
        workspace={"prefix_ceiling": 1}, numbers=[{"number": CALLER, "use": "test"}]
    )

    await orchestra.take(call("one"), call("two"), call("other", address=address(7)))

    assert [reason for _, reason in await verdicts(orchestra)] == [None, None, None]


async def test_copies_in_three_batches_at_once_are_decided_once(
    orchestra: Any, replicas: Any
) -> None:
    calls = [call(str(n), address=address(n)) for n in range(200)]
    # A copy may name the caller differently, so the contacts' locks alone do not keep them apart.
    copies = [
        calls,
        [call(str(n), address=address(n + 500)) for n in reversed(range(200))],
        [call(str(n), address=None) for n in range(200)],
    ]

    finishes = await asyncio.gather(
        *(one.commit(*batch) for one, batch in zip(replicas, copies, strict=True))
    )
    for finish in finishes:
        await finish()

    by_call: dict[str | None, set[Any]] = {}
    for event in await orchestra.published(DECISIONS):
        by_call.setdefault(event.data.interaction.call_id, set()).add((event.id, event.data.reason))
    assert len(by_call) == 200
    assert all(len(found) == 1 for found in by_call.values())
    [row] = await orchestra.rows(
        "select count(*), sum(copies) as copies from orchestrator.decisions"
    )
    assert (row["count"], row["copies"]) == (200, 400)


async def test_first_time_callers_raced_over_three_replicas_are_asked_once(
    orchestra: Any, replicas: Any
) -> None:
    await orchestra.configure(workspace=CAP_1["workspace"] | {"prefix_ceiling": 1_000})
    people = 1000

    async def race(replica: Any, name: str, order: list[int]) -> None:
        for start in range(0, people, 250):
            chosen = order[start : start + 250]
            await replica.take(*(call(f"{name}-{n}", address=address(n)) for n in chosen))

    forwards = list(range(people))
    await asyncio.gather(
        race(replicas[0], "a", forwards),
        race(replicas[1], "b", forwards[::-1]),
        race(replicas[2], "c", forwards[500:] + forwards[:500]),
    )

    asked = await orchestra.rows(
        "select contact_id, count(*) from orchestrator.invitations group by contact_id"
    )
    assert len(asked) == people
    assert {row["count"] for row in asked} == {1}
    [row] = await orchestra.rows("select count(*) from orchestrator.decisions")
    assert row["count"] == 3 * people
    assert len(await orchestra.published(STEPS_SMS)) == people


async def test_a_no_that_is_stored_while_a_stranger_is_decided_about_wins(
    orchestra: Any, database: Database
) -> None:
    stranger = call()
    async with database.transaction() as consenting:
        await consenting.execute(
            "insert into orchestrator.contacts (id, workspace, withdrawn) values ($1, 'acme', $2)",
            stranger.contact_id,
            BITS[ALL],
        )
        deciding = asyncio.create_task(orchestra.take(stranger))
        await until(lambda: _somebody_waits(orchestra))
    await deciding

    [decision] = await orchestra.published(DECISIONS)
    assert decision.data.reason is Reason.OPTED_OUT
    assert await orchestra.published(STEPS_SMS) == []


async def test_who_is_not_asked_leaves_no_row(orchestra: Any) -> None:
    await orchestra.take(call("first", talk_seconds=1.0))
    assert await orchestra.rows("select * from orchestrator.contacts") == []

    await orchestra.take(call("second"))
    [row] = await orchestra.rows("select id, address from orchestrator.contacts")
    assert (row["id"], row["address"]) == (call().contact_id, call().address)


async def _somebody_waits(orchestra: Any) -> bool:
    return bool(
        await orchestra.rows(
            "select pid from pg_stat_activity"
            " where datname = current_database() and wait_event_type = 'Lock'"
        )
    )


async def test_the_ceiling_holds_over_replicas(orchestra: Any, replicas: Any) -> None:
    await orchestra.configure(workspace={"daily_ceiling": 100})

    async def take(replica: Any, name: str) -> None:
        for part in range(4):
            numbers = range(part * 20, part * 20 + 20)
            await replica.take(*(call(f"{name}-{n}", address=address(n)) for n in numbers))

    await asyncio.gather(*(take(one, name) for one, name in zip(replicas, "abc", strict=True)))

    [row] = await orchestra.rows("select count(*) from orchestrator.invitations")
    assert row["count"] == 100


async def test_a_newer_call_replaces_an_ask_that_is_not_out(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "2h"}, **CAP_1)
    await orchestra.take(call("first"))
    orchestra.now += timedelta(minutes=30)

    await orchestra.take(call("second", ended_at=orchestra.now))

    assert await verdicts(orchestra) == [("first", None), ("second", None)]
    first, second = (invitation_id(call(n).id, "csat-flow") for n in ("first", "second"))
    assert await orchestra.status(first) == ("cancelled", "newer_call")
    assert await orchestra.status(second) == ("pending", None)
    [cancelled] = await orchestra.published(DELIVERIES)
    assert (cancelled.data.invitation_id, cancelled.data.reason) == (first, "newer_call")


async def test_a_newer_call_in_the_same_batch_replaces_too(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "2h"}, **CAP_1)

    await orchestra.take(call("first"), call("second", ended_at=NOW))

    assert await verdicts(orchestra) == [("first", None), ("second", None)]
    statuses = [
        await orchestra.status(invitation_id(call(n).id, "csat-flow")) for n in ("first", "second")
    ]
    assert statuses == [("cancelled", "newer_call"), ("pending", None)]
    assert len(await orchestra.published(DELIVERIES)) == 1


async def test_a_newer_call_does_not_replace_what_is_out(orchestra: Any) -> None:
    await orchestra.configure(**CAP_1)
    await orchestra.take(call("first"))

    await orchestra.take(call("second", ended_at=NOW))

    assert (await verdicts(orchestra))[1] == ("second", Reason.FREQUENCY_CAP)


async def test_batches_see_a_new_configuration_at_once(orchestra: Any) -> None:
    await orchestra.take(call("before"))
    await orchestra.configuring.switch_flow("acme", "csat-flow", enabled=False, by="test")

    await orchestra.take(call("after", address=address(1)))

    assert await verdicts(orchestra) == [("after", Reason.NO_FLOW), ("before", None)]


async def test_numbers_marked_test_take_no_slot_and_count_in_no_ceiling(orchestra: Any) -> None:
    await orchestra.configure(
        workspace={"caps": [{"asks": 1, "per": "1d"}], "daily_ceiling": 1},
        numbers=[{"number": CALLER, "use": "test"}],
    )

    await orchestra.take(call("one"), call("two"), call("other", address=address(7)))

    assert [reason for _, reason in await verdicts(orchestra)] == [None, None, None]


async def test_the_reader_of_another_process_sees_the_same(orchestra: Any) -> None:
    assert (
        (await ConfigReader(orchestra.db).current()).workspaces["acme"].flows["csat-flow"].enabled
    )
