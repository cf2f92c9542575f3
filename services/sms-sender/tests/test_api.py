"""The delivery log and the messages that became no answer, by REST."""

import httpx
import pytest

from sandbox.faults import Fault, Faults, Trouble
from sms_sender.testing import Stack, person, step
from tests.contracts.conforming import conforming


async def get(stack: Stack, path: str, headers: dict[str, str]) -> httpx.Response:
    answer = await stack.client.get(f"{stack.public_url}/v1/sms/{path}", headers=headers)
    await conforming("sms-sender")(answer)
    return answer


async def test_the_delivery_log_lists_what_may_or_may_not_have_gone_out(stack: Stack) -> None:
    stack.carrier.faults = Faults((Fault(trouble=Trouble.ERROR_BEFORE, to=person(1)),))
    lost, sent = step(person(1)), step(person(2))
    await stack.publish(lost, sent)
    await stack.waits_for(lost.id, "unknown")
    await stack.waits_for(sent.id, "delivered")

    answer = await get(stack, "sends?status=unknown", await stack.key("acme", "read"))

    assert answer.status_code == 200
    (row,) = answer.json()["sends"]
    assert (row["id"], row["status"], row["reason"]) == (str(lost.id), "unknown", "20500")
    assert person(1) not in answer.text


async def test_the_delivery_log_comes_in_pages(stack: Stack) -> None:
    asks = [step(person(number)) for number in range(5)]
    await stack.publish(*asks)
    for ask in asks:
        await stack.waits_for(ask.id, "delivered")
    reader = await stack.key("acme", "read")
    seen: list[str] = []
    place = ""
    for _ in range(3):
        page = (await get(stack, f"sends?limit=2{place}", reader)).json()
        seen += [row["id"] for row in page["sends"]]
        place = f"&cursor={page['next_cursor']}"

    assert sorted(seen) == sorted(str(ask.id) for ask in asks)
    assert page["next_cursor"] is None


async def test_unmatched_messages_are_listed(stack: Stack) -> None:
    await stack.says("hello?", number=person(9))
    await stack.idle()

    answer = await get(stack, "unmatched", await stack.key("acme", "read"))

    (row,) = answer.json()["messages"]
    assert (row["why"], row["text"]) == ("no_dialogue", "hello?")


async def test_another_workspaces_key_sees_nothing_of_it(stack: Stack) -> None:
    ask = step()
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    stranger = await stack.key("beta", "read")

    assert (await get(stack, "sends", stranger)).json()["sends"] == []
    assert (await get(stack, "sends?workspace=acme", stranger)).status_code == 403


async def test_a_send_is_found_by_its_id_in_its_own_workspace_alone(stack: Stack) -> None:
    ask = step(person(1))
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")

    own = await get(stack, f"sends/{ask.id}", await stack.key("acme", "read"))
    foreign = await get(stack, f"sends/{ask.id}", await stack.key("beta", "read"))
    operators = await get(stack, f"sends/{ask.id}?workspace=beta", await stack.key(None, "read"))

    assert (own.json()["id"], own.json()["status"]) == (str(ask.id), "delivered")
    assert person(1) not in own.text
    assert (foreign.status_code, operators.status_code) == (404, 404)


@pytest.mark.parametrize("path", ["sends", "unmatched"])
async def test_reading_needs_a_key_with_the_scope(stack: Stack, path: str) -> None:
    writer = await stack.key("acme", "events:write")

    assert (await get(stack, path, {})).status_code == 401
    assert (await get(stack, path, writer)).status_code == 403


async def test_a_wrong_question_names_its_field(stack: Stack) -> None:
    reader = await stack.key("acme", "read")
    for query, field in (
        ("status=lost", "query.status"),
        ("cursor=yesterday", "query.cursor"),
        ("limit=0", "query.limit"),
    ):
        answer = await get(stack, f"sends?{query}", reader)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
