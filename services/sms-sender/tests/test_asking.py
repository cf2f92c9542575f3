"""A step comes in, a text goes out, an answer comes back."""

from common.events.sends import DeliveryStatus
from sms_sender.testing import CALLER, Stack, step


async def test_a_step_becomes_a_text_and_its_receipts_deliveries(stack: Stack) -> None:
    asked = step()
    await stack.publish(asked)
    await stack.waits_for(asked.id, "delivered")
    await stack.idle()

    assert stack.texts() == ["Acme: How was it, 1 to 5? Reply STOP to opt out."]
    deliveries = await stack.deliveries(asked.id)
    assert [d.revision for d in deliveries] == list(range(1, len(deliveries) + 1))
    assert deliveries[-1].status is DeliveryStatus.DELIVERED


async def test_a_rating_and_a_comment_become_a_response(stack: Stack) -> None:
    asked = step()
    await stack.publish(asked)
    await stack.waits_for(asked.id, "delivered")

    await stack.says("5")
    await stack.idle()
    await stack.says("quick and kind")
    await stack.idle()

    last = (await stack.responses())[-1]
    assert (last.score, last.comment, last.revision) == (5, "quick and kind", 2)
    assert stack.texts(CALLER)[1:] == ["Why?", "Thank you for your time."]
