"""Addresses of one person over HTTP: who may say so, and what erasure makes of it."""

from typing import Any

import pytest

from orchestrator.testing import address, contact_of, documents

ONE, TWO = address(1), address(2)


@pytest.fixture
async def linking(acme: Any) -> Any:
    await acme.ask(
        "configurer", "PUT", "/v1/config", json=documents(workspace={"link_customers": True})
    )
    return acme


async def test_what_is_linked_is_shown_and_unlinked_again(linking: Any) -> None:
    body = {"addresses": [ONE, "Ann@Example.com"], "customer_id": "c-4711"}
    made = await linking.ask("consenter", "POST", "/v1/contacts/link", json=body)
    assert made.status_code == 200
    ids = {one["id"] for one in made.json()["contacts"]}
    assert ids == {str(contact_of(ONE)), str(contact_of("ann@example.com"))}
    more = {"addresses": [TWO], "customer_id": "c-4711"}
    await linking.ask("consenter", "POST", "/v1/contacts/link", json=more)

    shown = (await linking.ask("reader", "GET", f"/v1/contacts/{contact_of(ONE)}")).json()
    assert {one["id"] for one in shown["linked"]} == (ids - {shown["id"]}) | {str(contact_of(TWO))}
    assert TWO not in str(shown)
    told = {"address": ONE}
    held = (await linking.ask("privacy", "POST", "/v1/contacts/export", json=told)).json()
    assert len(held["tables"]["linked_contacts"]) == 2

    gone = await linking.ask("consenter", "POST", "/v1/contacts/unlink", json=told)
    assert gone.json()["id"] == str(contact_of(ONE))
    shown = (await linking.ask("reader", "GET", f"/v1/contacts/{contact_of(ONE)}")).json()
    assert shown["linked"] == []


async def test_an_erasure_names_the_other_addresses(linking: Any) -> None:
    await linking.ask("consenter", "POST", "/v1/contacts/link", json={"addresses": [ONE, TWO]})

    made = await linking.ask("privacy", "POST", "/v1/contacts/erase", json={"address": ONE})

    [[other, erasure]] = made.json()["linked"].items()
    assert other == str(contact_of(TWO))
    found = await linking.ask("reader", "GET", f"/v1/erasures/{erasure}")
    assert found.json()["contact_id"] == other


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        ("reader", {"addresses": [ONE, TWO]}, 403),
        ("consenter", {"addresses": [ONE]}, 422),
        ("consenter", {"addresses": [ONE, "12"]}, 422),
        ("consenter", {"addresses": []}, 422),
        ("consenter", {"addresses": [ONE, TWO]}, 409),
    ],
)
async def test_who_may_not_or_says_too_little_is_told(
    acme: Any, key: str, body: Any, status: int
) -> None:
    answer = await acme.ask(key, "POST", "/v1/contacts/link", json=body)
    assert answer.status_code == status
