"""Templates: submitted by us, reviewed by Meta; nothing goes out by one that is not approved."""

from datetime import timedelta
from typing import Any

import pytest

from common.events.sends import FailureClass


@pytest.fixture
def reviews() -> bool:
    """Somebody at Meta takes their time."""
    return False


async def test_nothing_goes_out_by_a_template_that_is_not_approved(stack: Any) -> None:
    await stack.reviewed("pending")

    asked = await stack.ask()

    row = await stack.waits_for(asked.id, "failed")
    assert row["failure"] == FailureClass.CONFIG
    assert row["reason"].endswith("(en) is pending")
    assert stack.requests() == []


async def test_a_webhook_tells_that_it_is_rejected_and_why(stack: Any) -> None:
    await stack.reviewed("pending")
    names = {name for name, _ in await stack.templates()}
    for name in names:
        await stack.meta.review("102290129340398", name, "REJECTED", "ABUSIVE_CONTENT")
    await stack.reviewed("rejected")

    asked = await stack.ask()

    row = await stack.waits_for(asked.id, "failed")
    assert row["reason"].endswith("is rejected: abusive_content")


async def test_words_that_meta_would_not_review_are_not_submitted_again_and_again(
    stack: Any,
) -> None:
    await stack.reviewed("pending")
    await stack.fetch(
        "update whatsapp_sender.templates set status = 'refused', changed_at = now() returning 1"
    )
    (business,) = stack.meta.businesses.values()
    business.templates.clear()

    config = await stack.runtime.config.current()
    await stack.sender.templates.follow_once(config)
    soon = len(business.templates)
    stack.clock.offset = timedelta(hours=7)
    await stack.sender.templates.follow_once(config)

    assert (soon, len(business.templates) > 0) == (0, True)
