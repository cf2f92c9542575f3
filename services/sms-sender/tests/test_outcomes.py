"""The table of outcomes, a row each, against a carrier that goes wrong on request."""

from datetime import timedelta

import pytest

from common.config.store import Document
from common.events.consent import ConsentChanged, ConsentState
from common.events.sends import DeliveryStatus, FailureClass, Step
from common.testing.ports import free_port
from sandbox.faults import Fault, Faults, Trouble
from sms_sender.testing import CALLER, Stack, contact_of, documents, step, until


async def asked(stack: Stack, *faults: Fault, to: str = CALLER) -> Step:
    stack.carrier.faults = Faults(faults)
    ask = step(to)
    await stack.publish(ask)
    return ask


async def test_nothing_left_us_is_tried_again_until_it_gets_through(stack: Stack) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    await stack.configure(documents(nowhere))
    ask = await asked(stack)
    await until(lambda: _reason(stack, ask, "ClientConnectorError"))
    assert stack.requests() == []

    await stack.configure(documents(stack.carrier.base_url))
    await stack.waits_for(ask.id, "delivered")

    assert len(stack.texts()) == 1


async def test_429_waits_as_long_as_the_carrier_says(stack: Stack) -> None:
    ask = await asked(stack, Fault(trouble=Trouble.THROTTLED, times=1, retry_after=1))
    await stack.waits_for(ask.id, "delivered")

    first, second = stack.requests()
    assert (first.status, second.status) == (429, 201)
    assert second.at - first.at >= timedelta(seconds=1)


async def test_401_keeps_the_send_and_rests_the_account(stack: Stack) -> None:
    ask = await asked(stack, Fault(trouble=Trouble.UNAUTHORIZED))
    await until(lambda: _reason(stack, ask, "account refused: 20003"))
    later = step("+12025550102")
    await stack.publish(later)
    await until(lambda: stack.row(later.id))

    row = await stack.row(ask.id)
    assert row["state"] == "queued"
    assert row["due_at"] - row["claimed_at"] >= timedelta(seconds=30)
    assert stack.sender.capacity.paused() == {"refused": 1}
    assert await stack.state(later.id) == "queued"
    assert len(stack.requests()) == 1


async def test_a_number_that_is_refused_rests_alone(stack: Stack) -> None:
    other = {"number": "+12025550199", "per_second": 1000}  # the carrier does not own it
    account = {"senders": [{"number": "+12025550190", "per_second": 1000}, other]}
    await stack.configure(documents(stack.carrier.base_url, account=account))
    asks = [step(f"+120255501{number:02}") for number in range(10, 30)]
    await stack.publish(*asks)

    async def settled() -> bool:
        rows = await stack.fetch("select sender, state from sms_sender.sends where attempts > 0")
        done = {row["sender"] for row in rows if row["state"] == "delivered"}
        waiting = {row["sender"] for row in rows if row["state"] == "queued"}
        return done == {"+12025550190"} and waiting == {"+12025550199"}

    await until(settled)
    rows = await stack.fetch("select distinct reason from sms_sender.sends where attempts > 0")
    assert {row["reason"] for row in rows} <= {None, "sender refused: 21659"}


async def test_a_number_that_does_not_exist_is_final(stack: Stack) -> None:
    ask = await asked(stack, to="+15005550001")  # the carrier's magic number for it
    await stack.waits_for(ask.id, "failed")
    await stack.idle()

    (delivery,) = await stack.deliveries(ask.id)
    assert (delivery.status, delivery.failure, delivery.reason, delivery.final) == (
        DeliveryStatus.FAILED,
        FailureClass.INVALID_NUMBER,
        "21211",
        True,
    )


async def test_a_carriers_opt_out_suppresses_and_is_told(stack: Stack) -> None:
    ask = await asked(stack, to="+15005550004")
    await stack.waits_for(ask.id, "failed")
    again = step("+15005550004", name="another call")
    await stack.publish(again)
    await stack.waits_for(again.id, "cancelled")
    await stack.idle()

    (change,) = await stack.read(ConsentChanged)
    assert (change.contact_id, change.state, change.source) == (
        contact_of("+15005550004"),
        ConsentState.WITHDRAWN,
        "carrier",
    )
    assert (await stack.row(again.id))["reason"] == "opted_out"
    assert len(stack.requests()) == 1


async def test_a_block_that_a_receipt_tells_of_suppresses_and_is_told(stack: Stack) -> None:
    ask = await asked(stack, Fault(trouble=Trouble.FAILED, code=30004))
    await stack.waits_for(ask.id, "failed")
    await stack.idle()

    (change,) = await stack.read(ConsentChanged)
    assert (change.contact_id, change.source) == (contact_of(), "carrier")
    (row,) = await stack.fetch("select suppressed from sms_sender.contacts")
    assert row["suppressed"]


@pytest.mark.parametrize(
    "trouble", [Trouble.ERROR_BEFORE, Trouble.HANG_BEFORE, Trouble.RESET_BEFORE]
)
async def test_what_nobody_can_know_is_unknown_and_never_sent_again(
    stack: Stack, trouble: Trouble
) -> None:
    await stack.configure(documents(stack.carrier.base_url, account={"timeout": "1s"}))
    ask = await asked(stack, Fault(trouble=trouble, times=1))
    await stack.waits_for(ask.id, "unknown")

    for minutes in (1, 10, 80):
        stack.clock.offset = timedelta(minutes=minutes)
        await stack.sender.sweeps.sweep_once()
    await stack.idle()

    assert len(stack.requests()) == 1
    deliveries = await stack.deliveries(ask.id)
    assert [(d.status, d.final) for d in deliveries] == [
        (DeliveryStatus.UNKNOWN, False),
        (DeliveryStatus.UNKNOWN, True),
    ]


@pytest.mark.parametrize("trouble", [Trouble.ERROR_AFTER, Trouble.HANG_AFTER, Trouble.RESET_AFTER])
async def test_a_callback_settles_what_was_accepted_after_all(
    stack: Stack, trouble: Trouble
) -> None:
    await stack.configure(documents(stack.carrier.base_url, account={"timeout": "1s"}))
    ask = await asked(stack, Fault(trouble=trouble))
    await stack.waits_for(ask.id, "delivered")
    await stack.idle()

    assert len(stack.requests()) == 1
    assert (await stack.deliveries(ask.id))[-1].status is DeliveryStatus.DELIVERED


async def test_a_look_up_settles_what_no_callback_does(stack: Stack) -> None:
    ask = await asked(stack, Fault(trouble=Trouble.ERROR_AFTER), Fault(trouble=Trouble.SILENT))
    await stack.waits_for(ask.id, "unknown")
    stack.clock.offset = timedelta(seconds=31)
    await stack.sender.sweeps.sweep_once()

    row = await stack.row(ask.id)
    assert row["state"] == "delivered"
    assert row["provider_message_id"] == stack.requests()[0].sid


async def test_an_answer_settles_what_no_callback_does(stack: Stack) -> None:
    ask = await asked(stack, Fault(trouble=Trouble.ERROR_AFTER), Fault(trouble=Trouble.SILENT))
    await stack.waits_for(ask.id, "unknown")
    await stack.says("5")
    await stack.waits_for(ask.id, "delivered")
    await stack.idle()

    assert (await stack.responses())[-1].score == 5


async def test_what_the_carrier_could_not_deliver_has_failed(stack: Stack) -> None:
    ask = await asked(stack, Fault(trouble=Trouble.FAILED, code=30006))
    await stack.waits_for(ask.id, "failed")
    await stack.idle()

    last = (await stack.deliveries(ask.id))[-1]
    assert (last.failure, last.reason) == (FailureClass.NO_CHANNEL, "30006")


async def test_the_carrier_may_try_only_as_long_as_the_step_lives(stack: Stack) -> None:
    ask = step(expires_at=step().expires_at - timedelta(hours=3))
    await stack.publish(ask)
    await stack.waits_for(ask.id, "delivered")

    assert 3_500 < (stack.requests()[0].validity or 0) <= 3_600


async def test_what_is_not_sent_in_time_expires(stack: Stack) -> None:
    ask = await asked(stack, Fault(trouble=Trouble.UNAUTHORIZED))
    await until(lambda: _reason(stack, ask, "account refused: 20003"))
    stack.clock.offset = timedelta(hours=5)
    await stack.waits_for(ask.id, "failed")
    await stack.idle()

    (delivery,) = await stack.deliveries(ask.id)
    assert delivery.failure is FailureClass.EXPIRED


async def test_without_a_number_that_fits_the_step_has_failed(stack: Stack) -> None:
    ask = step(our_number="+12025550190")  # the only sender is the number that was called
    await stack.publish(ask)
    await stack.waits_for(ask.id, "failed")
    await stack.idle()

    (delivery,) = await stack.deliveries(ask.id)
    assert (delivery.failure, delivery.reason) == (FailureClass.CONFIG, "no sender number fits")


async def test_a_flow_that_was_switched_off_asks_nobody(stack: Stack) -> None:
    off = {"id": "flow", "survey": "after-call", "enabled": False}
    await stack.configure([Document(workspace="acme", kind="flow", id="flow", body=off)])
    ask = step()
    await stack.publish(ask)
    await stack.waits_for(ask.id, "cancelled")

    assert (await stack.row(ask.id))["reason"] == "flow_disabled"
    assert stack.requests() == []


async def _reason(stack: Stack, ask: Step, reason: str) -> bool:
    row = await stack.row(ask.id)
    return row is not None and row["reason"] == reason
