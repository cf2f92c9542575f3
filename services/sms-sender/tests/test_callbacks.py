"""Callbacks: copies, orders, forgeries, and answers that are quicker than ours."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest

from common.config.store import Document, save
from common.events.sends import DeliveryStatus
from common.process.admission import REFUSALS_AT_ONCE
from sandbox.faults import Fault, Faults, Trouble
from sandbox.ledger import Webhook, only
from sandbox.webhooks import signature
from sms_sender.testing import CALLER, OURS, TOKEN, Stack, contact_of, documents, sid, step


async def post(
    stack: Stack, path: str, form: dict[str, str], *, token: str = TOKEN
) -> httpx.Response:
    url = f"{stack.public_url}/v1/sms/callbacks/{path}"
    headers = {"X-Twilio-Signature": signature(token, url, form)}
    return await stack.client.post(url, data=form, headers=headers)


def status_form(status: str = "delivered", **changes: str) -> dict[str, str]:
    return {
        "AccountSid": sid(),
        "From": OURS,
        "To": CALLER,
        "MessageSid": "SM1",
        "MessageStatus": status,
        **changes,
    }


def message_form(body: str = "5", **changes: str) -> dict[str, str]:
    return {
        "AccountSid": sid(),
        "From": CALLER,
        "To": OURS,
        "MessageSid": "SM2",
        "Body": body,
        **changes,
    }


async def test_each_callback_a_hundred_times_is_one_transition(stack: Stack) -> None:
    stack.carrier.faults = Faults((Fault(trouble=Trouble.REPEATED, copies=100),))
    ask = step()
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    await stack.idle()

    statuses = [d.status for d in await stack.deliveries(ask.id)]
    assert statuses in (
        [DeliveryStatus.SENT, DeliveryStatus.DELIVERED],
        [DeliveryStatus.DELIVERED],  # all of them were quicker than the record
    )
    webhooks = only(stack.carrier.ledger, Webhook)
    assert len(webhooks) == 300
    assert all(webhook.acknowledged for webhook in webhooks)
    (rows,) = await stack.fetch("select count(*) from sms_sender.inbox")
    assert rows["count"] == 3


async def test_callbacks_in_the_wrong_order_end_delivered(stack: Stack) -> None:
    stack.carrier.faults = Faults((Fault(trouble=Trouble.REORDERED),))
    asks = [step(f"+120255501{number:02}") for number in range(20)]
    await stack.publish(*asks)
    for ask in asks:
        await stack.waits_for(ask.id, "delivered")
    await stack.idle()

    for ask in asks:
        deliveries = await stack.deliveries(ask.id)
        assert deliveries[-1].status is DeliveryStatus.DELIVERED
        assert [d.revision for d in deliveries] == list(range(1, len(deliveries) + 1))


async def test_callbacks_before_the_request_is_answered_count(stack: Stack) -> None:
    stack.carrier.faults = Faults((Fault(trouble=Trouble.EARLY),))
    ask = step()
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")
    await stack.idle()

    row = await stack.row(ask.id)
    assert (row["state"], row["attempts"]) == ("delivered", 1)
    assert row["provider_message_id"] == stack.requests()[0].sid
    assert len(stack.requests()) == 1


@pytest.mark.parametrize("path", [f"main/status/{UUID(int=1)}", "main/inbound"])
async def test_a_forged_callback_stores_nothing(stack: Stack, path: str) -> None:
    form = status_form() if "status" in path else message_form()
    answers = [
        await post(stack, path, form, token="not the token"),
        await post(stack, path, form | {"AccountSid": "AC0"}),
        await stack.client.post(f"{stack.public_url}/v1/sms/callbacks/{path}", data=form),
        await stack.client.post(f"{stack.public_url}/v1/sms/callbacks/{path}", content=b"\xff\x00"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert await stack.fetch("select * from sms_sender.inbox") == []


async def test_who_forges_callback_after_callback_is_told_to_wait_and_the_carrier_is_not(
    stack: Stack,
) -> None:
    forged = await asyncio.gather(
        *(
            post(stack, "main/inbound", message_form(), token="not the token")
            for _ in range(5 * round(REFUSALS_AT_ONCE))
        )
    )
    genuine = await post(stack, "main/inbound", message_form())

    assert {answer.status_code for answer in forged} == {403, 429}
    assert all(int(a.headers["retry-after"]) >= 1 for a in forged if a.status_code == 429)
    assert genuine.status_code == 200  # from the same address


async def test_one_changed_byte_is_refused(stack: Stack) -> None:
    url = f"{stack.public_url}/v1/sms/callbacks/main/inbound"
    headers = {"X-Twilio-Signature": signature(TOKEN, url, message_form("5"))}

    refused = await stack.client.post(url, data=message_form("4"), headers=headers)
    accepted = await stack.client.post(url, data=message_form("5"), headers=headers)

    assert (refused.status_code, accepted.status_code) == (403, 200)
    assert (accepted.headers["content-type"], accepted.text) == (
        "text/xml; charset=utf-8",
        "<Response/>",
    )


async def test_an_account_that_nobody_has_is_not_found(stack: Stack) -> None:
    assert (await post(stack, "other/inbound", message_form())).status_code == 404


async def test_a_body_without_end_is_cut_off(stack: Stack) -> None:
    answer = await post(stack, "main/inbound", message_form("5" * 300_000))

    assert answer.status_code == 413


async def test_a_callback_moves_only_its_own_accounts_sends(stack: Stack) -> None:
    await stack.configure(documents(stack.carrier.base_url, workspace="beta"))
    stack.carrier.faults = Faults((Fault(trouble=Trouble.SILENT),))
    ask = step()
    await stack.publish(ask)
    await stack.waits_for(ask.id, "sent")

    foreign = status_form("undelivered", AccountSid=sid("beta"))
    answer = await post(stack, f"main/status/{ask.id}", foreign)
    await stack.idle()

    assert answer.status_code == 204
    assert await stack.state(ask.id) == "sent"


async def test_a_callback_about_nothing_of_ours_is_acknowledged(stack: Stack) -> None:
    answer = await post(stack, f"main/status/{uuid4()}", status_form())
    await stack.idle()

    assert answer.status_code == 204
    (row,) = await stack.fetch("select outcome from sms_sender.inbox")
    assert row["outcome"] == "unknown_send"


async def test_the_same_account_name_in_two_workspaces_is_told_apart(stack: Stack) -> None:
    await stack.configure(documents(stack.carrier.base_url, workspace="beta"))
    await post(stack, "main/inbound", message_form(AccountSid=sid("beta")))
    await stack.idle()

    (row,) = await stack.fetch("select * from sms_sender.inbox")
    assert (row["workspace"], row["contact_id"]) == ("beta", contact_of(workspace="beta"))


async def test_a_keyword_of_the_customers_own_at_the_carrier_is_a_stop(stack: Stack) -> None:
    await post(stack, "main/inbound", message_form("basta", OptOutType="STOP"))

    (row,) = await stack.fetch("select suppressed from sms_sender.contacts")
    assert row["suppressed"]  # before the answer to the callback


async def test_who_is_told_without_a_plus_is_the_same_person(stack: Stack) -> None:
    form = message_form("stop", From=CALLER.lstrip("+"), To=OURS.lstrip("+"))
    assert (await post(stack, "main/inbound", form)).status_code == 200

    (row,) = await stack.fetch("select contact_id, suppressed from sms_sender.contacts")
    assert (row["contact_id"], row["suppressed"]) == (contact_of(), True)


async def test_an_account_that_cannot_be_read_is_no_reason_to_drop_what_people_say(
    stack: Stack,
) -> None:
    body = {"id": "next", "channel": "sms", "provider": "carrier-of-tomorrow"}
    async with stack.runtime.db.transaction() as connection:
        document = Document(workspace="acme", kind="account", id="next", body=body)
        await save(connection, [document], by="a newer version")

    answer = await post(stack, "next/inbound", message_form())

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
