"""The toy channel end to end: what a sender gets from the kit by bringing a provider's words."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from channel.content import Prompt
from channel.providers import CallbackRequest
from common import events, topics
from common.config import ConfigReader
from common.events.responses import Response
from common.events.sends import Step
from sms_sender.testing import CALLER, person, until
from tests.toy_channel.app import sender_on
from tests.toy_channel.conftest import LINES, SECRET, Toy, ask, body, said, status
from tests.toy_channel.provider import signature
from tests.toy_channel.renderer import PromptRenderer

ASKED = "Acme: How was it, 1 to 5? Reply STOP to opt out."


def is_in(toy: Toy, step: Step, state: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return await toy.state(step.id) == state

    return look


async def written(toy: Toy, step: Step) -> Step:
    await toy.publish(step)
    await until(is_in(toy, step, "sent"))
    return step


async def responses(toy: Toy) -> list[Response]:
    rows = await toy.fetch("select value from bus.log where topic = $1", topics.RESPONSES)
    found = [events.decode(row["value"], Response).data for row in rows]
    return sorted(found, key=lambda response: response.revision)


async def test_a_person_is_asked_answers_is_asked_on_and_says_stop(toy: Toy) -> None:
    first = await written(toy, ask())
    assert toy.prompts() == [ASKED]
    assert (await toy.tells({"line-a": [status(first, "read")]})).status_code == 204
    await until(is_in(toy, first, "delivered"))

    await toy.tells({"line-a": [said("5", "M1")]})

    async def followed_up() -> bool:
        return toy.prompts() == [ASKED, "Why?"]

    await until(followed_up)
    await until(lambda: responses(toy))
    (response,) = await responses(toy)
    assert (response.score, response.invitation_id) == (5, first.invitation_id)

    await toy.tells({"line-a": [said("STOP", "M2")]})
    (contact,) = await toy.fetch("select suppressed from toy_sender.contacts")
    assert contact["suppressed"]  # before the request was answered
    again = ask(name="c2")
    await toy.publish(again)
    await until(is_in(toy, again, "cancelled"))


async def test_one_request_tells_of_several_accounts_and_skips_those_it_may_not(toy: Toy) -> None:
    steps = {workspace: ask(workspace=workspace) for workspace in LINES}
    for workspace, one in steps.items():
        await toy.publish(one, workspace=workspace)
    for one in steps.values():
        await until(is_in(toy, one, "sent"))
    skipped = _unknown_accounts()

    answer = await toy.tells(
        {LINES[name]: [status(one, "read", workspace=name)] for name, one in steps.items()}
        | {"line-of-nobody": [status(steps["acme"], "torn")]}
    )

    assert answer.status_code == 204
    for workspace in ("acme", "beta"):
        await until(is_in(toy, steps[workspace], "delivered"))
    assert await toy.state(steps["gamma"].id) == "sent"  # another app's secret did not sign this
    assert _unknown_accounts() == skipped + 2


def _unknown_accounts() -> float:
    labels = {"schema": "toy_sender", "kind": "status", "fate": "unknown_account"}
    return REGISTRY.get_sample_value("aftercall_callbacks_total", labels) or 0.0


async def test_a_request_that_nobody_signed_is_refused_whole(toy: Toy) -> None:
    first = await written(toy, ask())

    answer = await toy.tells({"line-a": [status(first, "read")]}, secret="guessed")

    assert answer.status_code == 403
    assert await toy.fetch("select * from toy_sender.inbox") == []


async def test_a_status_that_is_quicker_than_our_record_counts(toy: Toy) -> None:
    first = ask()
    await toy.tells({"line-a": [status(first, "read")]})
    await toy.publish(first)

    await until(is_in(toy, first, "delivered"))


async def test_a_key_is_answered_with_the_next_prompt_and_its_copies_with_the_same(
    toy: Toy,
) -> None:
    first = await written(toy, ask())
    picked_up = await toy.tells({"line-a": [status(first, "read")]}, f"/picked-up/{first.id}")
    assert picked_up.text == ASKED
    assert await toy.state(first.id) == "delivered"

    answers = [(await toy.tells({"line-a": [said("4", "K1")]}, "/key")).text for _ in range(3)]
    other = await _from_another_replica(toy)

    assert {*answers, other} == {"Why?"}
    assert toy.prompts() == [ASKED]  # nothing was sent beside
    await until(lambda: responses(toy))
    (response,) = await responses(toy)
    assert (response.score, response.revision) == (4, 1)


async def test_what_cannot_be_answered_now_is_kept_and_answered_when_it_comes_again(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await written(toy, ask())
    with monkeypatch.context() as broken:
        broken.setattr(PromptRenderer, "follow_up", _fails)
        refused = await toy.tells({"line-a": [said("4", "K1")]}, "/key")
        (kept,) = await toy.fetch("select outcome from toy_sender.inbox")
    again = await toy.tells({"line-a": [said("4", "K1")]}, "/key")

    assert (refused.status_code, kept["outcome"], again.text) == (503, None, "Why?")
    await until(lambda: responses(toy))
    (response,) = await responses(toy)
    assert (response.score, response.revision) == (4, 1)


def _fails(*_: object) -> Prompt:
    raise ValueError("no such voice")


async def test_names_that_could_not_be_stored_are_refused(toy: Toy) -> None:
    answer = await toy.tells({"line-a": [said("4", "K" * 501)]})

    assert answer.status_code == 413
    assert await toy.fetch("select * from toy_sender.inbox") == []


async def _from_another_replica(toy: Toy) -> str:
    """The same request again, to a process that has seen nothing of it."""
    other = sender_on(replace(toy.runtime, config=ConfigReader(toy.runtime.db)))
    given = body({"line-a": [said("4", "K1")]})
    request = CallbackRequest(
        url="", what="key", send_id=None, body=given,
        headers={"x-signature": signature(SECRET, given)},
    )  # fmt: skip
    return (await other.callbacks.take("main", request)).body.decode()


async def test_another_workspaces_send_is_not_found(toy: Toy) -> None:
    first = await written(toy, ask(person(1), workspace="acme"))

    found = [await _shown(toy, first, workspace) for workspace in ("acme", "beta")]

    assert found == [200, 404]


async def _shown(toy: Toy, step: Step, workspace: str) -> int:
    key = await toy.key(workspace)
    url = f"{toy.runtime.settings.public_url}/v1/ivr/sends/{step.id}"
    return (await toy.runtime.http.get(url, headers=key)).status_code


async def test_another_workspaces_send_in_the_url_is_answered_with_nothing_of_it(toy: Toy) -> None:
    foreign = ask(workspace="beta")
    await toy.publish(foreign, workspace="beta")
    await until(is_in(toy, foreign, "sent"))

    told = await toy.tells({"line-a": [status(foreign, "read")]}, f"/picked-up/{foreign.id}")

    assert told.text == "Goodbye."
    assert await toy.state(foreign.id) == "sent"
    assert CALLER not in told.text
