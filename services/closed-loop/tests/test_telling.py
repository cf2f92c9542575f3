"""What workspaces are told of responses: signed, once, in our public shape."""

import asyncio
import json
from pathlib import Path

import pytest

from analytics.testing import ADDRESS, decision, response, told
from closed_loop.service.intake import Intake
from closed_loop.testing import Receiver
from closed_loop.testing.running import Loop, until
from common.database import Database
from common.events.responses import ResponseState
from common.phone import masked

CONTRACTS = Path(__file__).parents[3] / "contracts/openapi"


async def test_an_answer_is_told_signed_with_the_call_it_is_about(
    loop: Loop, receiver: Receiver
) -> None:
    made = await loop.webhook(receiver.url)

    await loop.tell(*told(decision(), response(score=2, comment="too long")))
    await until(lambda: len(receiver.requests) == 2)

    bodies = [one.verified(made["secret"]) for one in receiver.requests]
    assert {one["type"] for one in bodies} == {"response.created", "response.finished"}
    data = bodies[0]["data"]
    assert (data["score"], data["comment"], data["queue"]) == (2, "too long", "billing")
    assert (data["agent_name"], data["flow_id"]) == ("Ana", "after-call")
    assert (data["day"], data["zone"]) == ("2026-01-15", "Europe/Berlin")
    assert data["address"] == masked(ADDRESS)
    assert ADDRESS not in receiver.requests[0].body.decode()


async def test_an_answer_that_is_faster_than_its_call_waits_for_it(
    loop: Loop, receiver: Receiver
) -> None:
    await loop.webhook(receiver.url)
    await loop.tell(*told(response(state=ResponseState.IN_PROGRESS), response(revision=2)))

    await loop.tell(*told(decision()))
    await until(lambda: len(receiver.requests) == 2)

    assert sorted(receiver.told()) == ["response.created", "response.finished"]
    assert all(one.told["data"]["queue"] == "billing" for one in receiver.requests)


async def test_who_allows_numbers_gets_them_in_full(loop: Loop, receiver: Receiver) -> None:
    await loop.webhook(receiver.url, numbers="full", events=["response.created"])

    await loop.tell(*told(decision(), response()))
    await until(lambda: receiver.requests)

    assert receiver.requests[0].told["data"]["address"] == ADDRESS


async def test_an_endpoint_hears_of_what_it_wants_alone(
    loop: Loop, receiver: Receiver, another: Receiver
) -> None:
    await loop.webhook(receiver.url, flows=["another-flow"])
    await loop.webhook(another.url, surveys=["csat"], events=["response.updated"])

    await loop.tell(*told(decision(), response(), response(revision=2, score=4)))
    await until(lambda: another.requests)

    assert another.told() == ["response.updated"]
    assert receiver.requests == []


async def test_other_workspaces_hear_nothing(
    loop: Loop, receiver: Receiver, another: Receiver
) -> None:
    await loop.webhook(receiver.url, key="other")
    await loop.webhook(another.url)

    await loop.tell(*told(decision(), response()))
    await until(lambda: len(another.requests) == 2)

    assert receiver.requests == []


async def told_of(intake: Intake) -> list[str]:
    async with intake.db.connection() as connection:
        rows = await connection.fetch("select type from closed_loop.messages order by type")
    return [row["type"] for row in rows]


async def listen(database: Database) -> None:
    """`acme` has an endpoint."""
    async with database.transaction() as connection:
        await connection.execute(
            "insert into closed_loop.endpoints values ('acme', gen_random_uuid(), 'x',"
            " 'https://hooks.example.com/', '{response.created,response.updated}', '{}', '{}',"
            " 'masked', true, '\\x00', null, null, now(), now(), 'tests')"
        )


async def test_what_comes_again_is_told_once(intake: Intake, database: Database) -> None:
    await listen(database)
    for _ in range(3):
        await intake.on_decisions(told(decision()))
        await intake.on_responses(told(response(), response(revision=2), response()))

    assert await told_of(intake) == ["response.created", "response.finished", "response.updated"]


async def test_what_comes_again_after_a_crash_before_the_commit_is_told(
    intake: Intake, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await listen(database)
    await intake.on_decisions(told(decision()))

    def die(point: str) -> None:
        raise RuntimeError(point)

    with monkeypatch.context() as crash:
        crash.setattr("closed_loop.service.intake.failpoint", die)
        with pytest.raises(RuntimeError, match="before_commit"):
            await intake.on_responses(told(response()))
    nothing = await told_of(intake)
    await intake.on_responses(told(response()))

    assert nothing == []
    assert await told_of(intake) == ["response.created", "response.finished"]


async def test_a_decision_and_an_answer_at_the_same_moment_miss_each_other_never(
    intake: Intake, database: Database
) -> None:
    await listen(database)
    names = [f"c{number}" for number in range(60)]
    decisions = [decision(name) for name in names]
    answers = [response(name) for name in names]

    await asyncio.gather(
        *(
            work
            for at in range(0, 60, 10)
            for work in (
                intake.on_responses(told(*answers[at : at + 10])),
                intake.on_decisions(told(*decisions[at : at + 10])),
            )
        )
    )

    assert len(await told_of(intake)) == 2 * len(names)


@pytest.mark.parametrize("table", ["endpoints", "rules"])
async def test_what_is_removed_at_the_same_moment_stands_in_no_answers_way(
    intake: Intake, database: Database, table: str
) -> None:
    await listen(database)
    await intake.on_decisions(told(decision()))
    async with database.transaction() as connection:
        await connection.execute(
            "insert into closed_loop.rules (workspace, id, name, kind, enabled, flows, surveys,"
            " teams, queues, emails, webhooks, digest, cool_down, changed_by)"
            " values ('acme', gen_random_uuid(), 'x', 'low_rating', true, '{}', '{}', '{}', '{}',"
            " '{}', '{}', 'at_once', 60, 'tests')"
        )

    async with database.transaction() as removing:
        await removing.execute(f"delete from closed_loop.{table}")
        taking = asyncio.create_task(intake.on_responses(told(response(score=1))))
        await until(lambda: waits(database) if not taking.done() else True)
    await taking

    async with database.connection() as connection:
        deliveries = await connection.fetchval("select count(*) from closed_loop.deliveries")
        alerts = await connection.fetchval("select count(*) from closed_loop.alerts")
    assert (deliveries, alerts) == ((0, 1) if table == "endpoints" else (1, 0))


async def waits(database: Database) -> bool:
    async with database.connection() as connection:
        found = await connection.fetchval("select exists (select from pg_locks where not granted)")
    return bool(found)


async def test_nobody_is_told_of_tests_and_of_calls_that_were_not_asked_about(
    intake: Intake, database: Database
) -> None:
    await listen(database)
    await intake.on_decisions(told(decision()))
    await intake.on_responses(told(response(test=True)))

    assert await told_of(intake) == []


async def test_an_answer_whose_call_is_never_told_goes_out_without_it(
    loop: Loop, receiver: Receiver
) -> None:
    await loop.webhook(receiver.url, events=["response.created"])
    intake = Intake(
        db=loop.runtime.db,
        config=loop.runtime.config,
        committed=loop.parts.webhooks.committed,
        clock=loop.clock,
    )
    await intake.on_responses(told(response(score=1)))
    await intake.tell_anyway()
    before = list(receiver.requests)
    loop.later(minutes=16)
    await intake.tell_anyway()
    await until(lambda: receiver.requests)

    data = receiver.requests[0].told["data"]
    assert before == []
    assert (data["score"], data["queue"], data["ended_at"]) == (1, "", None)


def test_the_shape_is_that_of_the_api() -> None:
    """Without what became of the tries, of answers on other channels, and when its row changed."""

    def described(service: str, name: str) -> dict[str, object]:
        document = json.loads((CONTRACTS / f"{service}.json").read_text())
        properties = document["components"]["schemas"][name]["properties"]
        return {
            key: one.get("type") or sorted(part.get("type", "") for part in one.get("anyOf", []))
            for key, one in properties.items()
        }

    api, ours = described("analytics", "ResponseBody"), described("closed-loop", "ResponseData")

    assert api.keys() - ours.keys() == {"tries", "superseded", "changed_at"}
    assert ours.keys() - api.keys() == {"revision"}
    assert (
        described("analytics", "AnswerBody").keys() == described("closed-loop", "AnswerData").keys()
    )


async def test_ten_thousand_of_one_workspace_do_not_delay_one_of_another(
    loop: Loop, receiver: Receiver, another: Receiver
) -> None:
    receiver.delay = 0.2
    await loop.webhook(receiver.url, events=["response.created"])
    await loop.webhook(another.url, key="other", events=["response.created"])
    names = [f"c{number}" for number in range(10_000)]
    intake = Intake(
        db=loop.runtime.db, config=loop.runtime.config, committed=loop.parts.webhooks.committed
    )
    await intake.on_decisions(told(*(decision(name) for name in names)))
    await intake.on_responses(told(*(response(name) for name in names)))
    await until(lambda: len(receiver.requests) > 12)

    began = asyncio.get_running_loop().time()
    await loop.tell(
        *told(decision(workspace="other"), response(workspace="other"), workspace="other")
    )
    await until(lambda: another.requests)
    took = asyncio.get_running_loop().time() - began

    assert len(receiver.requests) < 1_000
    assert took < 5.0
