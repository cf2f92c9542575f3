"""Surveys by WhatsApp: asked by an approved template, answered by a tap or in writing."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from common.events.consent import ConsentState
from common.events.sends import DeliveryStatus, FailureClass
from common.time import utc_now
from sandbox.faults import Fault, Faults, Trouble
from sms_sender.testing import CALLER, person, until
from whatsapp_sender.providers.meta import Meta

OURS = "+12025550190"


@pytest.mark.parametrize("metric", ["csat", "ces"])
async def test_a_tap_is_the_rating_and_the_next_question_comes_with_buttons(
    stack: Any, metric: str
) -> None:
    await stack.reviewed()
    asked = await stack.ask(metric=metric)
    (first,) = await stack.chats(1)
    assert first.kind == "template"
    assert first.body.startswith("Acme: Hi Noor, how was your call with Asha")
    assert "STOP" in first.body

    await stack.meta.taps(first, "4")
    _, second = await stack.chats(2)
    await stack.meta.taps(second, "3")
    *_, third = await stack.chats(3)
    await stack.meta.writes(CALLER, OURS, "it took long")
    await stack.chats(4)

    assert (second.kind, list(second.choices)) == ("button", ["1", "2", "3"])
    assert third.body == "Why?"
    response = (await stack.responses(3))[-1]
    assert (response.invitation_id, response.score) == (asked.invitation_id, 4)
    assert [(a.question_id, a.value) for a in response.answers][:2] == [("score", 4), ("solved", 3)]
    assert response.comment == "it took long"
    assert (await stack.row(asked.id))["state"] == "delivered"


async def test_nps_has_eleven_answers_and_is_written(stack: Any) -> None:
    await stack.reviewed()
    await stack.ask(metric="nps")
    (first,) = await stack.chats(1)

    await stack.meta.writes(CALLER, OURS, "10/10, thanks")

    (response,) = await stack.responses()
    assert (dict(first.choices), response.score) == ({}, 10)


async def test_what_is_not_known_of_a_call_leaves_no_gap_in_the_template(stack: Any) -> None:
    await stack.reviewed()

    await stack.ask(variables={"name": "", "agent": "Asha"})

    (first,) = await stack.chats(1)
    assert first.body.startswith("Acme: Hi, how was your call with, 1 to 5?")


async def test_a_tap_on_an_old_message_belongs_to_its_own_ask(stack: Any) -> None:
    await stack.reviewed()
    older = await stack.ask(name="c1")
    (first,) = await stack.chats(1)
    newer = await stack.ask(name="c2")
    await stack.chats(2)

    await stack.meta.taps(first, "2", told_what=False)

    (response,) = await stack.responses()
    assert response.invitation_id == older.invitation_id != newer.invitation_id


async def test_another_tap_corrects_the_answer(stack: Any) -> None:
    await stack.reviewed()
    await stack.ask()
    (first,) = await stack.chats(1)

    await stack.meta.taps(first, "2")
    await stack.meta.taps(first, "5")

    responses = await stack.responses(2)
    assert [one.score for one in responses] == [2, 5]


async def test_free_words_go_out_inside_the_window_and_a_template_outside(stack: Any) -> None:
    await stack.reviewed()
    await stack.meta.writes(CALLER, OURS, "hello?")
    await stack.ask(name="inside")
    (inside,) = await stack.chats(1)

    stack.clock.offset = timedelta(hours=24)
    await stack.ask(name="outside")
    _, outside = await stack.chats(2)

    assert (inside.kind, outside.kind) == ("list", "template")
    assert inside.body == outside.body


async def test_the_languages_of_a_survey_have_templates_of_their_own(stack: Any) -> None:
    await stack.reviewed()

    await stack.ask(language="es")

    (first,) = await stack.chats(1)
    assert first.body.startswith("Acme: Hola Noor")
    assert {language for _, language in await stack.templates()} == {"en", "es"}


async def test_a_written_stop_is_obeyed_confirmed_and_told(stack: Any) -> None:
    await stack.reviewed()
    await stack.ask()
    await stack.chats(1)

    await stack.meta.writes(CALLER, OURS, "STOP")

    _, confirmed = await stack.chats(2)
    again = await stack.ask(name="c2")
    row = await stack.waits_for(again.id, "cancelled")
    assert confirmed.body.startswith("You will get no more surveys from Acme")
    assert row["reason"] == "opted_out"
    (told,) = await stack.consents()
    assert (told.state, told.channel, told.source) == ("withdrawn", "whatsapp", "reply")


async def test_the_stop_of_the_app_is_a_stop_and_gets_no_word(stack: Any) -> None:
    await stack.reviewed()
    await stack.ask()
    await stack.chats(1)

    await stack.meta.prefers(CALLER, OURS, "stop")

    again = await stack.ask(name="c2")
    await stack.waits_for(again.id, "cancelled")
    assert [one.state for one in await stack.consents()] == [ConsentState.WITHDRAWN]
    assert len(stack.requests()) == 1


async def test_a_start_that_is_brought_late_undoes_no_newer_stop(stack: Any) -> None:
    ago = int(utc_now().timestamp()) - 3600
    start = {"from": CALLER[1:], "id": "wamid.1", "type": "text", "text": {"body": "START"}}
    resume = {"wa_id": CALLER[1:], "value": "resume"}

    await stack.meta.writes(CALLER, OURS, "STOP")
    await stack.tell(messages=[start | {"timestamp": str(ago)}])
    await stack.tell(user_preferences=[resume | {"timestamp": ago}])
    await stack.worked_off()

    (contact,) = await stack.fetch("select suppressed from whatsapp_sender.contacts")
    assert contact["suppressed"]
    now = str(int(utc_now().timestamp()))
    await stack.tell(messages=[start | {"timestamp": now, "id": "wamid.2"}])
    await stack.worked_off()
    (contact,) = await stack.fetch("select suppressed from whatsapp_sender.contacts")
    assert not contact["suppressed"]


async def test_a_number_without_whatsapp_has_failed_for_this_channel(stack: Any) -> None:
    await stack.reviewed()
    stack.meta.strangers.add(CALLER)

    asked = await stack.ask()

    row = await stack.waits_for(asked.id, "failed")
    assert row["failure"] == FailureClass.NO_CHANNEL
    assert row["reason"] == "131026: the number gets no WhatsApp messages of businesses"


async def test_an_expired_token_pauses_the_account_and_loses_nothing(stack: Any) -> None:
    await stack.reviewed()
    stack.meta.faults = Faults(rules=(Fault(trouble=Trouble.UNAUTHORIZED, times=1),))

    asked = await stack.ask()

    async def waits() -> bool:
        row = await stack.row(asked.id)
        return row is not None and row["reason"] is not None

    await until(waits)
    row = await stack.row(asked.id)
    assert row["state"] == "queued"
    assert row["reason"] == "account refused: 190: the token has expired or was revoked"


@pytest.mark.parametrize("trouble", [Trouble.ERROR_AFTER, Trouble.RESET_AFTER])
async def test_what_may_have_gone_out_is_never_sent_again(stack: Any, trouble: Trouble) -> None:
    await stack.reviewed()
    stack.meta.faults = Faults(rules=(Fault(trouble=trouble, times=1),))

    asked = await stack.ask()

    await stack.chats(1)
    await stack.waits_for(asked.id, "delivered")  # its status names it by our reference
    assert len(stack.requests()) == 1


async def test_many_statuses_come_in_one_request_and_repeated_ones_change_nothing(
    stack: Any,
) -> None:
    await stack.reviewed()
    repeated = Fault(trouble=Trouble.REPEATED, copies=3)
    stack.meta.faults = Faults(rules=(repeated, Fault(trouble=Trouble.REORDERED)))
    people = [person(number) for number in range(30)]

    asked = [await stack.ask(number) for number in people]

    for one in asked:
        await stack.waits_for(one.id, "delivered")
    await stack.meta.settled()
    assert max(stack.meta.posting.requests) > 1
    for one in asked:
        told = [d.status for d in await stack.deliveries(one.id)]
        assert told.count(DeliveryStatus.DELIVERED) == 1


async def test_the_address_is_confirmed_to_who_knows_the_token(stack: Any) -> None:
    query = {
        "hub.mode": "subscribe",
        "hub.verify_token": "verify-me",
        "hub.challenge": "1158201444",
    }
    client: httpx.AsyncClient = stack.runtime.http

    known = await client.get(stack.callbacks, params=query)
    stranger = await client.get(stack.callbacks, params=query | {"hub.verify_token": "x"})

    assert (known.status_code, known.text) == (200, "1158201444")
    assert known.headers["content-type"].startswith("text/plain")
    assert stranger.status_code == 403


@pytest.mark.parametrize("signature", ["", "sha256=00", "sha1=x", "\u00e9"])
async def test_a_foreign_signature_is_refused_and_nothing_stored(
    stack: Any, signature: str
) -> None:
    body = json.dumps({"object": "whatsapp_business_account", "entry": []}).encode()
    headers = {b"X-Hub-Signature-256": signature.encode()}

    answer = await stack.runtime.http.post(stack.callbacks, content=body, headers=headers)

    assert answer.status_code == 403
    assert await stack.fetch("select 1 from whatsapp_sender.inbox") == []


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[1]", b'{"entry": 5}', b'{"entry": [{"changes": [1]}]}'],
)
async def test_a_genuine_request_that_tells_nothing_is_taken(stack: Any, body: bytes) -> None:
    (business,) = stack.meta.businesses.values()

    assert await stack.meta.posting.send(business, body) == 200


async def test_a_genuine_request_that_cannot_be_read_is_not_acknowledged(stack: Any) -> None:
    (business,) = stack.meta.businesses.values()

    assert await stack.meta.posting.send(business, b"[" * 100_000) == 400


async def test_one_event_that_is_too_large_keeps_nobody_elses_stop_away(stack: Any) -> None:
    said = {"from": CALLER[1:], "timestamp": "1764000000", "type": "text"}
    large = said | {"id": "wamid.large", "text": {"body": "x" * 300_000}}
    stop = said | {"id": "wamid.stop", "text": {"body": "STOP"}}

    assert await stack.tell(messages=[large, stop]) == 200

    await stack.worked_off()
    (told,) = await stack.consents()
    assert told.state == "withdrawn"


def statuses(count: int) -> list[dict[str, str]]:
    return [
        {"id": f"wamid.{n}", "status": "sent", "recipient_id": CALLER[1:]} for n in range(count)
    ]


async def test_ten_thousand_events_in_one_request_are_stored_and_a_stop_among_them_holds(
    stack: Any,
) -> None:
    (business,) = stack.meta.businesses.values()
    stop = {"from": CALLER[1:], "id": "wamid.S", "type": "text", "text": {"body": "STOP"}}
    body = json.dumps(stack.changed(statuses=statuses(9_999), messages=[stop])).encode()

    assert len(body) > 700_000
    assert await stack.meta.posting.send(business, body) == 200
    (rows,) = await stack.fetch("select count(*) from whatsapp_sender.inbox")
    (contact,) = await stack.fetch("select suppressed from whatsapp_sender.contacts")
    assert (rows["count"], contact["suppressed"]) == (10_000, True)


async def test_more_events_than_that_or_one_as_large_as_a_book_are_refused(stack: Any) -> None:
    (business,) = stack.meta.businesses.values()
    book = {"from": CALLER[1:], "id": "wamid.B", "type": "text", "text": {"body": "5" * 300_000}}
    for body in (
        stack.changed(statuses=statuses(10_001)),
        stack.changed(messages=[book]),
    ):
        assert await stack.meta.posting.send(business, json.dumps(body).encode()) == 413

    async with httpx.AsyncClient() as client:
        answer = await client.post(stack.callbacks, content=b"5" * (4 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert await stack.fetch("select 1 from whatsapp_sender.inbox") == []


async def test_a_stranger_costs_one_check_however_many_workspaces_share_an_app(
    stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for workspace in ("beta", "gamma", "delta"):
        await stack.configure(workspace)
    checked: list[str] = []
    verify = Meta.verify

    def counted(self: Meta, request: Any, account: Any, secrets: Any) -> bool:
        checked.append(account.id)
        return verify(self, request, account, secrets)

    monkeypatch.setattr(Meta, "verify", counted)
    headers = {"X-Hub-Signature-256": "sha256=" + "0" * 64}

    async with httpx.AsyncClient() as client:
        answer = await client.post(stack.callbacks, content=b"{}" * 100_000, headers=headers)

    assert (answer.status_code, checked) == (403, ["main"])


async def test_odd_questions_and_odd_parts_are_answered_and_lose_nothing(stack: Any) -> None:
    (business,) = stack.meta.businesses.values()
    odd: dict[str, Any] = {
        "statuses": [
            {"id": "a", "status": "failed", "recipient_id": CALLER[1:], "errors": [{"code": [1]}]},
            {"id": "\ud800", "status": "sent", "recipient_id": CALLER[1:]},
        ],
        "messages": [
            {"id": "b", "from": CALLER[1:], "type": ["text"], "timestamp": {}},
            {"from": CALLER[1:], "id": "c", "type": "text", "text": {"body": "STOP"}},
        ],
        "user_preferences": [{"wa_id": CALLER[1:], "value": ["stop"]}, {"value": {}}],
    }
    body = stack.changed(**odd)
    body["entry"][0]["changes"] += [{"field": ["x"], "value": 1}, {"field": {}, "value": {}}]

    assert await stack.meta.posting.send(business, json.dumps(body).encode()) == 200
    (contact,) = await stack.fetch("select suppressed from whatsapp_sender.contacts")
    assert contact["suppressed"]
    async with httpx.AsyncClient() as client:
        asked = await client.get(stack.callbacks + "?" + "a=1&" * 30)
    assert asked.status_code == 403


async def test_when_a_message_was_read_is_in_the_delivery_log(stack: Any) -> None:
    await stack.reviewed()

    asked = await stack.ask()

    async def is_read() -> bool:
        row = await stack.row(asked.id)
        return row is not None and row["read_at"] is not None

    await until(is_read)
    assert (await stack.row(asked.id))["state"] == "delivered"


async def test_who_shows_no_number_is_a_contact_of_their_own(stack: Any) -> None:
    await stack.reviewed()
    stack.meta.names[CALLER] = "US.13491208655302741918"

    await stack.meta.writes(CALLER, OURS, "STOP")

    async def told() -> bool:
        return bool(await stack.consents())

    await until(told)
    (confirmed,) = await stack.chats(1)
    assert confirmed.body.startswith("You will get no more surveys from Acme")
    (request,) = stack.requests()
    assert (request.accepted, request.to) == (True, CALLER)
