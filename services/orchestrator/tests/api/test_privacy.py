"""What a person may ask for, and drafts that are played, as the API has them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from common.ids import contact_id, interaction_id
from orchestrator.testing import CALLER, PEPPER, call_now, documents, until

WHO = contact_id(PEPPER, "acme", CALLER)


async def _decided(acme: Any, name: str = "c1") -> Any:
    path = f"/v1/decisions/{interaction_id('acme', 'pbx', name)}"
    answer = await acme.ask("reader", "GET", path)
    return answer.json() if answer.status_code == 200 else None


async def test_a_person_is_told_what_is_known_and_then_forgotten(acme: Any) -> None:
    await acme.ended(call_now(customer_name="Quokkaline"))
    await until(lambda: _decided(acme))
    body = {"address": CALLER}

    told = (await acme.ask("privacy", "POST", "/v1/contacts/export", json=body)).json()
    made = await acme.ask("privacy", "DELETE", f"/v1/contacts/{WHO}")

    assert told["tables"]["contacts"][0]["address"] == CALLER
    assert "Quokkaline" in str(told["tables"]["decisions"])
    assert len(told["tables"]["invitations"]) == 1
    assert told["elsewhere"]["sms-sender"] == f"/v1/sms/contacts/{WHO}"
    assert made.status_code == 202
    path = f"/v1/erasures/{made.json()['id']}"

    async def done_here() -> bool:
        found = (await acme.ask("reader", "GET", path)).json()
        return any(one["done_at"] for one in found["services"])

    await until(done_here)
    found = (await acme.ask("reader", "GET", path)).json()
    assert found["done_at"] is None  # the others do not run here
    left = (await acme.ask("privacy", "POST", "/v1/contacts/export", json=body)).json()
    assert left["tables"]["decisions"] == []
    decision = await _decided(acme)
    assert decision["interaction"]["address"] is None
    assert decision["interaction"]["address_problem"] == "erased"


async def test_who_may_not_and_what_is_not_there(acme: Any) -> None:
    nobody = uuid4()
    for key, method, path, body, status in (
        ("reader", "DELETE", f"/v1/contacts/{WHO}", None, 403),
        ("consenter", "POST", "/v1/contacts/erase", {"address": CALLER}, 403),
        ("reader", "POST", "/v1/contacts/export", {"address": CALLER}, 403),
        ("privacy", "DELETE", f"/v1/contacts/{nobody}", None, 404),
        ("privacy", "POST", "/v1/contacts/erase", {"address": "12"}, 422),
        ("reader", "GET", f"/v1/erasures/{nobody}", None, 404),
        ("reader", "POST", "/v1/flows/dry-run", {}, 403),
        ("configurer", "POST", "/v1/flows/dry-run", {}, 422),
        ("reader", "GET", f"/v1/flows/dry-run/{nobody}", None, 404),
        ("configurer", "DELETE", f"/v1/flows/dry-run/{nobody}", None, 404),
    ):
        answer = await acme.ask(key, method, path, json=body)
        assert answer.status_code == status, (method, path, answer.text)


async def test_a_draft_is_played(acme: Any) -> None:
    await acme.ended(call_now())
    await until(lambda: _decided(acme))
    since = datetime.now(UTC) - timedelta(days=1)
    body = {
        "draft": documents(flow={"enabled": False, "minimum_talk": "1h"}),
        "from": since.isoformat(),
        "to": (datetime.now(UTC) + timedelta(minutes=1)).isoformat(),
    }

    asked = await acme.ask("configurer", "POST", "/v1/flows/dry-run", json=body)
    assert asked.status_code == 202, asked.text
    path = f"/v1/flows/dry-run/{asked.json()['id']}"

    async def done() -> Any:
        found = (await acme.ask("reader", "GET", path)).json()
        return found if found["state"] == "done" else None

    found = await until(done)
    assert found["result"]["not_asked"] == {"talk_time": 1}
    assert found["result"]["asked"] == 0
    wrong = await acme.ask(
        "configurer", "POST", "/v1/flows/dry-run", json=body | {"draft": {"flows": [{"id": "f"}]}}
    )
    assert wrong.status_code == 422
    assert [one["field"] for one in wrong.json()["errors"]] == ["draft.flows.0.survey"]
