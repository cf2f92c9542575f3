"""Do-not-contact lists over HTTP: who may, what comes back, page by page."""

from typing import Any

import pytest

from orchestrator.testing import address, call_now, contact_of, until

LIST = "/v1/do-not-contact/dnd"


async def test_a_list_is_loaded_in_parts_and_read_in_pages(acme: Any) -> None:
    first = {"addresses": ["+12025551001", "12", "(202) 555-1002"], "region": "US"}
    begun = (await acme.ask("consenter", "POST", f"{LIST}/loads", json=first)).json()
    assert (begun["stored"], [one["row"] for one in begun["errors"]]) == (2, [1])
    place = f"{LIST}/loads/{begun['load']}"
    more = {"addresses": [address(number) for number in range(3, 8)]}
    await acme.ask("consenter", "POST", place, json=more)
    assert (await acme.ask("reader", "GET", "/v1/do-not-contact")).json() == {"lists": []}
    finished = await acme.ask("consenter", "PATCH", place, json={"finished": True})
    assert finished.json() == {"entries": 7}

    listed = (await acme.ask("reader", "GET", "/v1/do-not-contact")).json()["lists"]
    assert [(one["id"], one["entries"], one["loaded_by"]) for one in listed] == [
        ("dnd", 7, "consenter (consenter)")
    ]
    found: list[str] = []
    place: dict[str, str] = {}
    for _ in range(4):
        answer = await acme.ask("consenter", "GET", f"{LIST}/entries", params={"limit": 3, **place})
        found += [one["address"] for one in answer.json()["entries"]]
        if answer.json()["next_cursor"] is None:
            break
        place = {"cursor": answer.json()["next_cursor"]}
    assert sorted(found) == [address(number) for number in range(1, 8)]


async def test_who_is_added_is_not_asked(acme: Any) -> None:
    person = call_now("listed", address=address(1))
    added = await acme.ask("consenter", "POST", f"{LIST}/entries", json={"addresses": [address(1)]})
    assert added.json() == {"stored": 1, "errors": []}

    await acme.ended(person)

    async def decided() -> Any:
        answer = await acme.ask("reader", "GET", f"/v1/decisions/{person.id}")
        return answer.json() if answer.status_code == 200 else None

    decision = await until(decided)
    assert decision["reason"] == "do_not_contact"
    assert decision["findings"][-1]["fact"].startswith("on the do-not-contact list dnd, loaded 20")
    assert decision["interaction"]["contact_id"] == str(contact_of(address(1)))


@pytest.mark.parametrize(
    ("key", "method", "path", "status"),
    [
        ("reader", "POST", f"{LIST}/loads", 403),
        ("reader", "GET", f"{LIST}/entries", 403),
        ("reader", "DELETE", LIST, 403),
        ("consenter", "GET", f"{LIST}/entries", 404),
        ("consenter", "DELETE", LIST, 404),
        ("consenter", "PATCH", f"{LIST}/loads/1", 404),
        ("consenter", "POST", f"{LIST}/loads/1", 404),
        ("consenter", "PATCH", f"{LIST}/loads/0", 422),
        ("consenter", "POST", "/v1/do-not-contact/No/loads", 422),
    ],
)
async def test_who_may_not_or_names_what_there_is_not_is_told(
    acme: Any, key: str, method: str, path: str, status: int
) -> None:
    body = {"finished": True} if method == "PATCH" else {"addresses": [address(1)]}
    answer = await acme.ask(key, method, path, json=body if method in ("POST", "PATCH") else None)
    assert answer.status_code == status


@pytest.mark.parametrize(
    "body", [{}, {"addresses": []}, {"addresses": ["x" * 301]}, {"addresses": [1]}, [], {"a": 1}]
)
async def test_a_body_that_says_nobody_is_refused(acme: Any, body: Any) -> None:
    answer = await acme.ask("consenter", "POST", f"{LIST}/entries", json=body)
    assert answer.status_code == 422


async def test_another_workspace_sees_and_changes_nothing(acme: Any) -> None:
    await acme.ask("consenter", "POST", f"{LIST}/entries", json={"addresses": [address(1)]})

    assert (await acme.ask("stranger", "GET", "/v1/do-not-contact")).json() == {"lists": []}
    assert (await acme.ask("stranger", "GET", f"{LIST}/entries")).status_code == 404
    assert (await acme.ask("stranger", "DELETE", LIST)).status_code == 404
