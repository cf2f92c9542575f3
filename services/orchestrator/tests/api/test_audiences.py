"""Audiences over HTTP: who may, what comes back, what is refused."""

from typing import Any

import pytest

from orchestrator.testing import address, until

SPRING = "/v1/audiences/spring"
PEOPLE = {"people": [{"address": address(1), "name": "Ann", "attributes": {"plan": "gold"}}]}


async def test_an_audience_is_brought_started_asked_and_dropped(acme: Any) -> None:
    flow = {"id": "audiences", "survey": "csat", "enabled": True, "when": {"kinds": ["audience"]}}
    await acme.ask("configurer", "PUT", "/v1/config", json={"flows": [flow]})

    brought = await acme.ask("configurer", "POST", f"{SPRING}/people", json=PEOPLE)
    again = await acme.ask("configurer", "POST", f"{SPRING}/people", json=PEOPLE)
    assert brought.json() == {"stored": 1, "twice": 0, "errors": []}
    assert again.json() == {"stored": 0, "twice": 1, "errors": []}
    shown = (await acme.ask("reader", "GET", SPRING)).json()
    assert (shown["state"], shown["waiting"], shown["made_by"]) == (
        "paused",
        1,
        "configurer (configurer)",
    )
    started = await acme.ask("configurer", "PATCH", SPRING, json={"state": "running"})
    assert started.json()["state"] == "running"

    async def asked() -> bool:
        return bool((await acme.ask("reader", "GET", SPRING)).json()["asked"])

    await until(asked)
    [listed] = (await acme.ask("reader", "GET", "/v1/audiences")).json()["audiences"]
    assert listed["id"] == "spring"
    assert (await acme.ask("configurer", "DELETE", SPRING)).status_code == 204
    assert (await acme.ask("reader", "GET", SPRING)).status_code == 404


@pytest.mark.parametrize(
    ("key", "method", "path", "body", "status"),
    [
        ("reader", "POST", f"{SPRING}/people", PEOPLE, 403),
        ("reader", "PATCH", SPRING, {"state": "running"}, 403),
        ("reader", "DELETE", SPRING, None, 403),
        ("configurer", "PATCH", SPRING, {"state": "running"}, 404),
        ("configurer", "POST", f"{SPRING}/people", {"people": []}, 422),
        ("configurer", "POST", f"{SPRING}/people", {"people": [{"name": "Ann"}]}, 422),
        ("configurer", "PATCH", SPRING, {"per_hour": 0}, 422),
        ("configurer", "POST", "/v1/audiences/No/people", PEOPLE, 422),
    ],
)
async def test_who_may_not_or_says_too_little_is_told(
    acme: Any, key: str, method: str, path: str, body: Any, status: int
) -> None:
    assert (await acme.ask(key, method, path, json=body)).status_code == status


async def test_what_is_wrong_is_told_by_its_place_and_nothing_that_only_follows(acme: Any) -> None:
    people = {"people": [{"address": "+12025550101", "name": "x" * 300}]}
    answer = await acme.ask("configurer", "POST", f"{SPRING}/people", json=people)

    assert [one["field"] for one in answer.json()["errors"]] == ["people.0.name"]
