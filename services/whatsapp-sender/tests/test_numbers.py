"""How our numbers stand at Meta, as it says: by poll, and at once when it tells of a change."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sms_sender.testing import key_for, until

OURS = "+12025550190"


async def shown(stack: Any, what: str) -> Any:
    headers = await key_for(stack.runtime.db, "acme", "read")
    url = f"{stack.runtime.settings.public_url}/v1/whatsapp/{what}"
    answer: httpx.Response = await stack.runtime.http.get(url, headers=headers)
    return answer.raise_for_status().json()[what]


async def test_quality_limit_and_verification_are_shown(stack: Any) -> None:
    await stack.reviewed()

    (number,) = await shown(stack, "numbers")

    assert number.pop("changed_at")
    assert number == {
        "account": "main",
        "number": OURS,
        "status": "connected",
        "quality": "green",
        "messaging_limit": "2k",
        "verified_name": "Acme",
        "name_status": "approved",
        "verification": "verified",
        "review": "approved",
    }


@pytest.mark.parametrize("field", ["phone_number_quality_update", "account_update"])
async def test_a_change_that_meta_tells_of_is_shown_at_once(stack: Any, field: str) -> None:
    await stack.reviewed()
    (business,) = stack.meta.businesses.values()
    business.told = {"quality_rating": "RED", "business_verification_status": "not_verified"}
    entry = {"id": business.id, "changes": [{"field": field, "value": {"event": "FLAGGED"}}]}
    stack.clock.offset = timedelta(seconds=30)  # it was asked just now

    await stack.meta.posting.send(business, json.dumps({"entry": [entry]}).encode())

    async def is_red() -> bool:
        (number,) = await shown(stack, "numbers")
        return (number["quality"], number["verification"]) == ("red", "not_verified")

    await until(is_red)


async def test_what_meta_does_not_say_is_empty_and_odd_words_break_nothing(stack: Any) -> None:
    await stack.reviewed()
    (business,) = stack.meta.businesses.values()
    business.told = {
        "quality_rating": None,
        "status": 7,
        "verified_name": "A\x00" + "b" * 999,
        "whatsapp_business_manager_messaging_limit": 250,
    }
    await stack.sender.templates.follow_once(await stack.runtime.config.current())

    (number,) = await shown(stack, "numbers")

    assert (number["quality"], number["status"], number["messaging_limit"]) == ("", "", "250")
    assert len(number["verified_name"]) == 200


async def test_templates_are_shown_with_their_state(stack: Any) -> None:
    await stack.reviewed()

    found = await shown(stack, "templates")

    assert {one["status"] for one in found} == {"approved"}
    assert {one["category"] for one in found} == {"utility"}
    assert all(one["name"].startswith("aftercall_") and one["account"] == "main" for one in found)
