"""Endpoints by REST: who may make them, what is shown, what is refused."""

from typing import Any

import pytest

from analytics.testing import ADDRESS, decision, response, told
from closed_loop.service.webhooks import MOST
from closed_loop.testing import Receiver
from closed_loop.testing.running import Loop, until
from common.phone import masked

URL = "https://hooks.example.com/aftercall"


async def test_a_secret_is_shown_once(loop: Loop) -> None:
    made = await loop.webhook(URL, name="our CRM")
    listed = await loop.call("GET", "webhooks")

    assert made["secret"].startswith("whsec_")
    assert listed == {"endpoints": [made["endpoint"]]}
    assert "secret" not in str(listed["endpoints"][0].keys() - {"both_secrets_until"})


async def test_a_test_reaches_the_endpoint_whatever_it_wants(
    loop: Loop, receiver: Receiver
) -> None:
    made = await loop.webhook(receiver.url, events=["alert.raised"])

    sent = await loop.call("POST", f"webhooks/{made['endpoint']['id']}/test", json={})
    await until(lambda: receiver.requests)

    assert receiver.requests[0].verified(made["secret"])["type"] == "webhook.test"
    assert sent["body"]["data"] == receiver.requests[0].told["data"]


async def test_while_a_secret_rotates_both_verify(loop: Loop, receiver: Receiver) -> None:
    made = await loop.webhook(receiver.url)
    endpoint = made["endpoint"]["id"]
    new = (await loop.call("POST", f"webhooks/{endpoint}/secret", json={}))["secret"]
    await loop.call("POST", f"webhooks/{endpoint}/test", json={})
    await loop.recorded()
    loop.later(hours=25)
    await loop.call("POST", f"webhooks/{endpoint}/test", json={})
    await until(lambda: len(receiver.requests) == 2)

    first, second = (one.headers["webhook-signature"].split() for one in receiver.requests)
    receiver.requests[0].verified(made["secret"])
    receiver.requests[0].verified(new)
    assert (len(first), len(second)) == (2, 1)


async def test_what_is_absent_stays_as_it_is(loop: Loop) -> None:
    made = await loop.webhook(URL, flows=["after-call"])
    endpoint = made["endpoint"]["id"]

    changed = await loop.call("PATCH", f"webhooks/{endpoint}", json={"name": "another"})

    assert changed["name"] == "another"
    same = {"url", "events", "flows", "surveys", "numbers", "enabled", "made_at"}
    assert {key: changed[key] for key in same} == {key: made["endpoint"][key] for key in same}
    assert changed["changed_by"] == "admin (admin)"


async def test_what_is_removed_is_gone(loop: Loop) -> None:
    endpoint = (await loop.webhook(URL))["endpoint"]["id"]

    await loop.call("DELETE", f"webhooks/{endpoint}")

    assert (await loop.ask("GET", f"webhooks/{endpoint}")).status_code == 404
    assert (await loop.ask("DELETE", f"webhooks/{endpoint}")).status_code == 404


async def test_nobody_sees_another_workspaces_webhooks(loop: Loop) -> None:
    endpoint = (await loop.webhook(URL))["endpoint"]["id"]

    assert (await loop.call("GET", "webhooks", key="other"))["endpoints"] == []
    for method, path, body in (
        ("GET", f"webhooks/{endpoint}", None),
        ("PATCH", f"webhooks/{endpoint}", {"enabled": False}),
        ("DELETE", f"webhooks/{endpoint}", None),
        ("POST", f"webhooks/{endpoint}/secret", {}),
        ("POST", f"webhooks/{endpoint}/test", {}),
        ("GET", f"webhooks/{endpoint}/deliveries", None),
        ("POST", f"webhooks/{endpoint}/replay", {"from": "2026-01-01T00:00:00Z"}),
    ):
        assert (await loop.ask(method, path, key="other", json=body)).status_code == 404, path


async def test_reading_scores_is_no_right_to_lead_answers_out(loop: Loop) -> None:
    body = {"url": URL, "events": ["response.created"]}

    assert (await loop.ask("POST", "webhooks", key="reader", json=body)).status_code == 403
    assert (await loop.ask("GET", "webhooks", key="reader")).status_code == 403
    assert (await loop.ask("POST", "webhooks", key="configurer", json=body)).status_code == 201


async def test_numbers_in_full_are_an_admins_to_allow(loop: Loop) -> None:
    body = {"url": URL, "events": ["response.created"], "numbers": "full"}
    made = await loop.call("POST", "webhooks", json=body)
    endpoint = f"webhooks/{made['endpoint']['id']}"

    async def changes(**change: Any) -> int:
        answer = await loop.ask("PATCH", endpoint, key="configurer", json=change)
        return int(answer.status_code)

    assert (await loop.ask("POST", "webhooks", key="configurer", json=body)).status_code == 403
    assert await changes(name="same place") == 200
    assert await changes(url="https://elsewhere.example.com/") == 403
    assert await changes(numbers="masked") == 200
    assert await changes(numbers="full") == 403


async def test_a_workspace_has_so_many_at_most(loop: Loop) -> None:
    for _ in range(MOST):
        await loop.webhook(URL)

    answer = await loop.ask("POST", "webhooks", json={"url": URL, "events": ["alert.raised"]})
    assert answer.status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": URL},
        {"url": URL, "events": []},
        {"url": URL, "events": ["response.deleted"]},
        {"url": URL, "events": ["response.created"], "secret": "mine"},
        {"url": URL, "events": ["response.created"], "flows": ["x"] * 101},
        {"url": URL, "events": ["response.created"], "name": "x" * 101},
        {"url": URL, "events": ["response.created"], "enabled": "yes"},
        {"url": URL + "\x00", "events": ["response.created"]},
    ],
)
async def test_what_makes_no_sense_is_refused(loop: Loop, body: Any) -> None:
    assert (await loop.ask("POST", "webhooks", json=body)).status_code == 422


async def test_an_operator_says_which_workspace(loop: Loop) -> None:
    body = {"url": URL, "events": ["response.created"]}

    nowhere = await loop.ask("POST", "webhooks?workspace=nowhere", key="operator", json=body)
    await loop.call("POST", "webhooks?workspace=acme", key="operator", json=body)

    assert (await loop.ask("POST", "webhooks", key="operator", json=body)).status_code == 422
    assert nowhere.status_code == 404
    assert len((await loop.call("GET", "webhooks"))["endpoints"]) == 1


async def test_the_log_comes_in_pages_by_state(loop: Loop, receiver: Receiver) -> None:
    endpoint = (await loop.webhook(receiver.url, events=["response.created"]))["endpoint"]["id"]
    names = [f"c{number}" for number in range(7)]
    await loop.tell(*told(*map(decision, names), *map(response, names)))

    async def page(**query: Any) -> Any:
        return await loop.call("GET", f"webhooks/{endpoint}/deliveries", params=query)

    async def all_there() -> bool:
        return len((await page(state="delivered"))["deliveries"]) == 7

    await until(all_there)
    first = await page(limit=4)
    second = await page(limit=4, cursor=first["next_cursor"])

    seen = [one["id"] for one in first["deliveries"] + second["deliveries"]]
    assert (len(seen), len(set(seen)), second["next_cursor"]) == (7, 7, None)
    assert (await page(state="failed"))["deliveries"] == []
    wrong = await loop.ask("GET", f"webhooks/{endpoint}/deliveries", params={"cursor": "x"})
    assert wrong.status_code == 422


async def test_the_log_shows_numbers_in_full_to_admins_alone(
    loop: Loop, receiver: Receiver
) -> None:
    made = await loop.webhook(receiver.url, numbers="full", events=["response.created"])
    log = f"webhooks/{made['endpoint']['id']}/deliveries"
    await loop.tell(*told(decision(), response()))
    await until(lambda: receiver.requests)
    message = (await loop.call("GET", log))["deliveries"][0]["id"]

    shown = {
        key: (await loop.call("GET", f"{log}/{message}", key=key))["body"]["data"]["address"]
        for key in ("admin", "configurer")
    }

    assert receiver.requests[0].told["data"]["address"] == shown["admin"] == ADDRESS
    assert shown["configurer"] == masked(ADDRESS)
