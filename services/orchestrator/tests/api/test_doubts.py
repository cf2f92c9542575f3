"""Who may have said no is shown to people, who decide whether it was one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.ids import contact_id
from orchestrator.testing import CALLER, PEPPER, call_now, until

WHO = str(contact_id(PEPPER, "acme", CALLER))
SAID_AT = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


async def said(acme: Any, state: str, *, minute: int = 0, **changes: Any) -> None:
    """By a reply, an agent, an import: some time after the doubt."""
    occurred_at = (SAID_AT + timedelta(minutes=minute)).isoformat()
    body = {"address": CALLER, "channel": "sms", "state": state, "occurred_at": occurred_at}
    answer = await acme.ask("consenter", "PUT", "/v1/consent", json=body | changes)
    assert answer.status_code == 200, answer.text


async def doubts(acme: Any, **query: Any) -> Any:
    answer = await acme.ask("reader", "GET", "/v1/doubts", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def decide(acme: Any, opted_out: bool, *, key: str = "consenter", status: int = 200) -> Any:
    [doubt] = (await doubts(acme))["doubts"]
    body = {"opted_out": opted_out, "evidence": "read it"}
    answer = await acme.ask(key, "PATCH", f"/v1/doubts/{doubt['id']}", json=body)
    assert answer.status_code == status, answer.text
    return doubt


async def consent(acme: Any) -> Any:
    return (await acme.ask("reader", "GET", f"/v1/contacts/{WHO}")).json()["consent"]


async def reason(acme: Any) -> str | None:
    """Why a call that ends now is not asked about."""
    await acme.ended(call_now())

    async def decided() -> Any:
        answer = await acme.ask("reader", "GET", "/v1/decisions?source=pbx&call_id=c1")
        return answer.json() if answer.status_code == 200 else None

    found: str | None = (await until(decided))["reason"]
    return found


async def test_a_doubt_says_who_said_what_and_when(acme: Any) -> None:
    await said(acme, "doubted", evidence="may be an opt-out: “enough”")

    [doubt] = (await doubts(acme))["doubts"]

    assert doubt["evidence"].startswith("may be an opt-out: “enough”")
    assert datetime.fromisoformat(doubt["occurred_at"]) == SAID_AT
    shown = {name: doubt[name] for name in ("contact_id", "address", "channel", "workspace")}
    assert shown == {
        "contact_id": WHO,
        "address": "+1202…01",
        "channel": "sms",
        "workspace": "acme",
    }


async def test_who_said_no_after_all_is_never_asked(acme: Any) -> None:
    await said(acme, "doubted")
    await decide(acme, True)

    assert await consent(acme) == {"sms": "withdrawn"}
    assert (await doubts(acme))["doubts"] == []
    assert await reason(acme) == "opted_out"


async def test_who_said_no_such_thing_is_asked_again(acme: Any) -> None:
    await said(acme, "doubted")
    await decide(acme, False)

    assert await consent(acme) == {}
    assert (await doubts(acme))["doubts"] == []
    assert await reason(acme) is None


async def test_who_decided_stands_in_the_ledger(acme: Any) -> None:
    await said(acme, "doubted")
    await decide(acme, False)

    ledger = await acme.ask("reader", "GET", f"/v1/contacts/{WHO}/consent")
    newest, doubt = ledger.json()["entries"]
    assert (newest["state"], doubt["state"]) == ("cleared", "doubted")
    assert newest["evidence"] == "looked at: no opt-out: read it [consenter (consenter)]"


@pytest.mark.parametrize("before", ["granted", "withdrawn"])
async def test_what_was_said_before_a_doubt_that_was_none_holds_again(
    acme: Any, before: str
) -> None:
    await said(acme, before, minute=-10)
    await said(acme, "doubted")
    await decide(acme, False)

    assert await consent(acme) == {"sms": before}


async def test_a_no_that_was_said_since_outlives_the_decision(acme: Any) -> None:
    await said(acme, "doubted")
    await decide(acme, False)
    await said(acme, "withdrawn", minute=1)  # before somebody decided; told after it

    assert await consent(acme) == {"sms": "withdrawn"}


@pytest.mark.parametrize("since", ["granted", "withdrawn"])
async def test_what_they_said_since_closes_a_doubt(acme: Any, since: str) -> None:
    await said(acme, "doubted")
    [doubt] = (await doubts(acme))["doubts"]
    await said(acme, since, minute=1)
    late = await acme.ask(
        "consenter", "PATCH", f"/v1/doubts/{doubt['id']}", json={"opted_out": False}
    )

    assert (await doubts(acme))["doubts"] == []
    assert late.status_code == 409
    assert await consent(acme) == {"sms": since}


async def test_a_doubt_is_decided_once(acme: Any) -> None:
    await said(acme, "doubted")
    doubt = await decide(acme, True)
    again = await acme.ask(
        "consenter", "PATCH", f"/v1/doubts/{doubt['id']}", json={"opted_out": False}
    )

    assert again.status_code == 409
    assert await consent(acme) == {"sms": "withdrawn"}


async def test_a_later_doubt_is_open_again(acme: Any) -> None:
    await said(acme, "doubted")
    await decide(acme, False)
    await said(acme, "doubted", minute=5)

    [doubt] = (await doubts(acme))["doubts"]
    assert datetime.fromisoformat(doubt["occurred_at"]) == SAID_AT + timedelta(minutes=5)
    assert await consent(acme) == {"sms": "doubted"}


async def test_doubts_come_page_by_page_the_newest_first(acme: Any) -> None:
    for number in range(5):
        await said(acme, "doubted", minute=number % 3, address=f"+1202555011{number}")

    pages, cursor = [], None
    while True:
        page = await doubts(acme, limit=2, **({"cursor": cursor} if cursor else {}))
        pages.append(page["doubts"])
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert [len(page) for page in pages] == [2, 2, 1]
    times = [doubt["occurred_at"] for page in pages for doubt in page]
    assert times == sorted(times, reverse=True)
    assert len({doubt["id"] for page in pages for doubt in page}) == 5


async def test_readers_decide_nothing_and_strangers_see_nothing(acme: Any) -> None:
    await said(acme, "doubted")
    doubt = await decide(acme, False, key="reader", status=403)
    body = {"opted_out": False}
    theirs = await acme.ask("stranger", "PATCH", f"/v1/doubts/{doubt['id']}", json=body)
    seen = await acme.ask("stranger", "GET", "/v1/doubts")

    assert theirs.status_code == 404
    assert seen.json()["doubts"] == []
    assert await consent(acme) == {"sms": "doubted"}


async def test_only_a_person_s_look_clears_a_doubt(acme: Any) -> None:
    body = {"address": CALLER, "channel": "sms", "state": "cleared"}
    answer = await acme.ask("consenter", "PUT", "/v1/consent", json=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["state"]
