"""What the API says about calls, asks, contacts and consent."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common.events.sends import Delivery, DeliveryStatus, StepKind
from common.events.values import Channel
from common.ids import contact_id, interaction_id, invitation_id, step_id
from orchestrator.testing import CALLER, PEPPER, call_now, documents, until


async def test_from_a_call_to_its_decision_and_invitation(acme: Any) -> None:
    await acme.ended(call_now(), call_now("missed", ending="missed", address="+12025550102"))
    identity = interaction_id("acme", "pbx", "c1")

    async def decided() -> Any:
        answer = await acme.ask("reader", "GET", f"/v1/decisions/{identity}")
        return answer.json() if answer.status_code == 200 else None

    decision = await until(decided)
    assert (decision["verdict"], decision["flow_id"]) == ("invite", "csat-flow")
    assert decision["interaction"]["address"] == "+1202…01"
    missed = await acme.ask("reader", "GET", "/v1/decisions?source=pbx&call_id=missed")
    assert missed.json()["reason"] == "not_connected"
    path = f"/v1/invitations/{invitation_id(identity, 'csat-flow')}"

    async def asked() -> Any:
        answer = (await acme.ask("reader", "GET", path)).json()
        return answer if answer["status"] == "asked" else None

    invitation = await until(asked)
    [ask] = invitation["steps"]
    assert (ask["kind"], ask["channel"], ask["state"]) == ("ask", "sms", "with_sender")
    assert invitation["stopped"] is None
    assert invitation["survey_id"] == "csat"
    found = await acme.ask("reader", "POST", "/v1/contacts/find", json={"address": CALLER})
    assert [ask["flow_id"] for ask in found.json()["asks"]] == ["csat-flow"]


async def test_a_contact_is_found_by_an_address_in_a_body(acme: Any) -> None:
    for body, status in (
        ({"address": "12"}, 422),
        ({"address": "+12025550199"}, 404),
        ({"number": "+12025550199"}, 422),
        ({"address": "+1202\x00"}, 422),
        ([], 422),
    ):
        answer = await acme.ask("reader", "POST", "/v1/contacts/find", json=body)
        assert answer.status_code == status, body


async def test_an_invitation_lists_its_reminder(acme: Any) -> None:
    silent = {"channel": "sms", "when": "silent", "after": "4h"}
    reminding = documents(flow={"plan": [{"channel": "sms"}, silent]})
    await acme.ask("configurer", "PUT", "/v1/config", json=reminding)
    await acme.ended(call_now())
    invitation = invitation_id(interaction_id("acme", "pbx", "c1"), "csat-flow")

    async def steps() -> Any:
        answer = await acme.ask("reader", "GET", f"/v1/invitations/{invitation}")
        return answer.status_code == 200 and answer.json()["steps"]

    def states(found: Any) -> list[tuple[Any, ...]]:
        return [(step["number"], step["kind"], step["state"], step["reason"]) for step in found]

    async def handed_over() -> Any:
        found = await steps()
        return found if found and found[0]["state"] == "with_sender" else None

    ask, reminder = await until(handed_over)
    assert states([ask, reminder]) == [
        (0, "ask", "with_sender", None),
        (1, None, "planned", None),  # nobody told yet when the ask went out
    ]
    sent_at = datetime.fromisoformat(ask["due_at"])
    await acme.told(_delivery(invitation, StepKind.ASK, DeliveryStatus.SENT, sent_at))

    async def waiting() -> Any:
        found = await steps()
        return found if found[1]["due_at"] else None

    found = await until(waiting)
    assert datetime.fromisoformat(found[1]["due_at"]) == sent_at + timedelta(hours=4)
    assert states(found) == [(0, "ask", "sent", None), (1, "reminder", "waiting", None)]


def _delivery(
    invitation: UUID, kind: StepKind, status: DeliveryStatus, sent_at: datetime | None
) -> Delivery:
    return Delivery(
        step_id=step_id(invitation, int(kind is StepKind.REMINDER)),
        invitation_id=invitation,
        interaction_id=interaction_id("acme", "pbx", "c1"),
        contact_id=contact_id(PEPPER, "acme", CALLER),
        channel=Channel.SMS,
        revision=1,
        status=status,
        at=datetime.now(UTC),
        final=status is DeliveryStatus.CANCELLED,
        sent_at=sent_at,
        kind=kind,
    )


async def test_an_opt_out_by_the_api_holds(acme: Any) -> None:
    body = {"address": "001 202 555 0101", "channel": "all", "state": "withdrawn"}
    put = await acme.ask("consenter", "PUT", "/v1/consent", json=body)
    assert put.status_code == 200
    who = put.json()["contact_id"]
    assert who == str(contact_id(PEPPER, "acme", CALLER))

    await acme.ended(call_now())

    async def refused() -> Any:
        answer = await acme.ask("reader", "GET", "/v1/decisions?source=pbx&call_id=c1")
        return answer.status_code == 200 and answer.json()["reason"]

    assert await until(refused) == "opted_out"
    contact = await acme.ask("reader", "GET", f"/v1/contacts/{who}")
    assert contact.json()["consent"] == {"all": "withdrawn"}
    assert contact.json()["address"] == "+1202…01"
    ledger = await acme.ask("reader", "GET", f"/v1/contacts/{who}/consent")
    assert [(e["channel"], e["source"]) for e in ledger.json()["entries"]] == [("all", "api")]


async def test_an_import_stores_the_good_rows_and_names_the_others(acme: Any) -> None:
    rows = [
        {"address": "+12025550111", "channel": "sms", "state": "withdrawn"},
        {"address": "12", "channel": "sms", "state": "withdrawn"},
        {"channel": "sms", "state": "withdrawn"},
        {"address": "+12025550112", "channel": "pigeon", "state": "no"},
        {"address": "A@Example.org", "channel": "email", "state": "granted"},
        "x",
        {
            "address": "+12025550113",
            "channel": "sms",
            "state": "granted",
            "occurred_at": "2099-01-01T00:00:00Z",
        },
    ]

    answer = (await acme.ask("consenter", "POST", "/v1/consent/import", json=rows)).json()

    assert answer["stored"] == 2
    assert [(e["row"], e["field"]) for e in answer["errors"]] == [
        (1, "address"),
        (2, "address"),
        (3, "channel"),
        (3, "state"),
        (5, ""),
        (6, "occurred_at"),
    ]


async def test_a_stranger_sees_nothing_of_us(acme: Any) -> None:
    await acme.ended(call_now())
    identity = interaction_id("acme", "pbx", "c1")
    paths = [
        f"/v1/decisions/{identity}",
        f"/v1/invitations/{invitation_id(identity, 'csat-flow')}",
        f"/v1/contacts/{contact_id(PEPPER, 'acme', CALLER)}",
        f"/v1/contacts/{contact_id(PEPPER, 'acme', CALLER)}/consent",
    ]

    async def visible() -> bool:
        answers = [await acme.ask("reader", "GET", path) for path in paths]
        return all(answer.status_code == 200 for answer in answers)

    await until(visible)
    answers = [await acme.ask("stranger", "GET", path) for path in paths]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 404]


async def test_what_may_be_an_opt_out_holds_until_somebody_decides(acme: Any) -> None:
    body = {"address": CALLER, "channel": "sms", "state": "doubted"}
    who = (await acme.ask("consenter", "PUT", "/v1/consent", json=body)).json()["contact_id"]
    feared = await acme.ask("reader", "GET", f"/v1/contacts/{who}")
    decided = {"contact_id": who, "channel": "sms", "state": "granted"}
    await acme.ask("consenter", "PUT", "/v1/consent", json=decided)
    allowed = await acme.ask("reader", "GET", f"/v1/contacts/{who}")

    assert feared.json()["consent"] == {"sms": "doubted"}
    assert allowed.json()["consent"] == {"sms": "granted"}


@pytest.mark.parametrize("state", ["withdrawn", "granted"])
@pytest.mark.parametrize(("of", "by"), [("acme", "stranger"), ("other", "consenter")])
async def test_nobody_changes_the_consent_of_another_workspace_s_contact(
    acme: Any, state: str, of: str, by: str
) -> None:
    told = {"address": CALLER, "channel": "sms", "state": "granted"}
    owner = {"acme": "consenter", "other": "stranger"}[of]
    who = (await acme.ask(owner, "PUT", "/v1/consent", json=told)).json()["contact_id"]
    body = {"contact_id": who, "channel": "all", "state": state}

    put = await acme.ask(by, "PUT", "/v1/consent", json=body)
    imported = await acme.ask(by, "POST", "/v1/consent/import", json=[body])
    own = await acme.ask(owner, "PUT", "/v1/consent", json=body | {"channel": "email"})

    assert put.status_code == 404
    assert imported.json()["stored"] == 0
    assert [error["field"] for error in imported.json()["errors"]] == ["contact_id"]
    assert own.status_code == 200
    contact = await acme.ask("operator", "GET", f"/v1/contacts/{who}?workspace={of}")
    assert contact.json()["consent"] == {"sms": "granted", "email": state}
    elsewhere = "other" if of == "acme" else "acme"
    unseen = await acme.ask("operator", "GET", f"/v1/contacts/{who}?workspace={elsewhere}")
    assert unseen.status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b"[" * 100_000, 400, None),
        (b"\xff", 400, None),
        (b"3", 422, ""),
        (b'{"address":"+12025550101","channel":"sms"}', 422, "state"),
        (b'{"address":"+12025550101","channel":"sms","state":"no"}', 422, "state"),
        (b'{"address":"+12025550101","channel":"sms","state":"granted","x":1}', 422, "x"),
        (b'{"address":"a\\u0000@b.org","channel":"sms","state":"granted"}', 422, "address"),
        (
            b'{"address":"+12025550101","channel":"sms","state":"granted",'
            b'"occurred_at":"2026-01-01T00:00:00"}',
            422,
            "occurred_at",
        ),
        (b'"' + b"x" * 300_000 + b'"', 413, None),
    ],
)
async def test_bad_bodies_are_refused(
    api: Any, body: bytes, status: int, field: str | None
) -> None:
    answer = await api.ask("consenter", "PUT", "/v1/consent", content=body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if field is not None:
        assert [error["field"] for error in answer.json()["errors"]] == [field]
