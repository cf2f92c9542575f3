"""Templates: submitted by us, reviewed by Meta; nothing goes out by one that is not approved."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from common.events.sends import FailureClass
from sandbox.whatsapp.templates import Refused
from sms_sender.testing import until
from whatsapp_sender.service.templates import FOLLOWING


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
    stack.clock.offset = timedelta(seconds=11)  # so often is an account asked at most
    await stack.reviewed("rejected")

    asked = await stack.ask()

    row = await stack.waits_for(asked.id, "failed")
    assert row["reason"].endswith("is rejected: abusive_content")


async def test_words_that_meta_would_not_review_are_submitted_again_after_hours_and_once(
    stack: Any,
) -> None:
    await stack.reviewed("pending")
    (business,) = stack.meta.businesses.values()
    business.templates.clear()
    business.refuses = Refused(100, "Invalid parameter")
    wanted = len(await stack.templates())

    tries = [await submissions(stack), await submissions(stack)]
    tries += [await submissions(stack, later=timedelta(hours=7)), await submissions(stack)]

    assert tries == [wanted, 0, wanted, 0]
    assert set((await stack.templates()).values()) == {"refused"}


@pytest.mark.parametrize(
    "trouble",
    [Refused(131000, "?", status=500), Refused(190, "token", status=401), Refused(4, "too many")],
)
async def test_trouble_that_passes_is_no_refusal(stack: Any, trouble: Refused) -> None:
    await stack.reviewed("pending")
    (business,) = stack.meta.businesses.values()
    business.templates.clear()
    business.refuses = trouble

    assert await submissions(stack) == 1  # the others would fare no better
    assert "refused" not in (await stack.templates()).values()
    business.refuses = None
    assert await submissions(stack) > 1
    assert set((await stack.templates()).values()) == {"pending"}


async def test_what_exists_already_is_no_refusal(stack: Any) -> None:
    await stack.reviewed("pending")
    (business,) = stack.meta.businesses.values()
    business.templates.clear()
    business.refuses = Refused(100, "exists", subcode=2388024)

    await submissions(stack)

    assert set((await stack.templates()).values()) == {"pending"}


async def test_templates_that_others_made_are_not_kept_and_nothing_is_written_twice(
    stack: Any,
) -> None:
    await stack.reviewed("pending")
    (business,) = stack.meta.businesses.values()
    one = next(iter(business.templates.values()))
    business.templates["theirs", "en"] = replace(one, name="theirs")
    rows = "select xmin::text, * from whatsapp_sender.templates order by name, language"
    before, asked = await stack.fetch(rows), business.listed

    await submissions(stack)

    assert await stack.fetch(rows) == before
    assert business.listed == asked + 1


async def submissions(stack: Any, *, later: timedelta = timedelta(0)) -> int:
    """How many templates were submitted in a round."""
    config = await stack.runtime.config.current()
    (business,) = stack.meta.businesses.values()
    before: int = business.submitted
    stack.clock.offset += later
    await stack.sender.templates.follow_once(config)
    return int(business.submitted - before)


async def test_while_another_replica_follows_this_one_waits(stack: Any) -> None:
    await stack.reviewed("pending")
    (business,) = stack.meta.businesses.values()
    asked = business.listed

    async with stack.runtime.db.session() as connection:
        await connection.fetchval("select pg_advisory_lock($1, $2)", *FOLLOWING)
        stack.clock.offset = timedelta(hours=1)
        await asyncio.sleep(1.5)  # longer than between two looks
        meanwhile = business.listed - asked

    async def is_asked() -> bool:
        return bool(business.listed > asked)

    await until(is_asked)
    assert meanwhile == 0
