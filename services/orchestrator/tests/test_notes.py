"""Whoever answered on the telephone is told more in writing, once, where they may be."""

from datetime import timedelta
from typing import Any

import pytest

from common.errors import BadInput
from common.events.consent import ConsentChanged, ConsentState
from common.events.questionnaire import Band
from common.events.responses import Response, ResponseState
from common.events.sends import Note
from common.events.values import Channel, Metric
from common.ids import derived, invitation_id, note_id, response_id
from common.topics import STEPS_SMS
from orchestrator.testing import CALLER, LINE, NOW, SENDER, call, contact_of

INVITATION = invitation_id(call().id, "csat-flow")
LINKS = {"links": {"google": {"url": "https://g.page/r/acme", "kind": "review"}}}
TOLD = "Tell others: {link_google}"
THANKS = {"en": {"thanks": {"low": f"Sorry. {TOLD}", "middle": TOLD, "high": f"Thanks! {TOLD}"}}}
TWILIO = {"account_sid": "AC1", "auth_token": "secret:twilio"}
ACCOUNTS = [
    {"id": "twilio", **TWILIO, "senders": [{"number": SENDER}]},
    {"id": "calls", "channel": "ivr", **TWILIO, "senders": [{"number": SENDER}]},
]


async def called(orchestra: Any, *, after_call: str | None = "sms", **changes: Any) -> None:
    """Somebody is asked on the telephone."""
    flow = {"plan": [{"channel": "ivr"}], "call_hours": "00:00-24:00"}
    flow |= {"after_call": after_call} if after_call else {}
    given = {"workspace": LINKS, "texts": THANKS, "accounts": ACCOUNTS, **changes}
    await orchestra.configure(flow=flow, **given)
    await orchestra.take(call())


def answer(score: int | None = 5, **changes: Any) -> Response:
    facts: dict[str, Any] = {
        "id": response_id(INVITATION, "ivr"),
        "invitation_id": INVITATION,
        "interaction_id": call().id,
        "contact_id": contact_of(),
        "channel": Channel.IVR,
        "survey_id": "csat",
        "survey_version": 1,
        "metric": Metric.CSAT,
        "revision": 1,
        "state": ResponseState.FINISHED,
        "answers": (),
        "started_at": NOW,
        "changed_at": NOW,
        "score": score,
        **changes,
    }
    return Response(**facts)


async def notes(orchestra: Any) -> list[Note]:
    return [e.data for e in await orchestra.published(STEPS_SMS) if isinstance(e.data, Note)]


@pytest.mark.parametrize(("score", "band"), [(5, Band.HIGH), (3, Band.MIDDLE), (1, Band.LOW)])
async def test_an_answer_on_the_telephone_is_followed_by_a_text_with_the_link(
    orchestra: Any, score: int, band: Band
) -> None:
    await called(orchestra)

    await orchestra.answer(answer(score))

    (note,) = await notes(orchestra)
    assert (note.id, note.band, note.channel) == (note_id(INVITATION), band, Channel.SMS)
    assert (note.address, note.our_number) == (CALLER, LINE)
    assert note.expires_at == NOW + timedelta(hours=4)
    [row] = await orchestra.rows("select note from orchestrator.invitations")
    assert row["note"] == "sms"


async def test_it_is_told_once_however_often_the_answer_comes_and_is_corrected(
    orchestra: Any,
) -> None:
    await called(orchestra)

    for response in (answer(4), answer(4), answer(2, revision=2)):
        await orchestra.answer(response)

    (note,) = await notes(orchestra)
    assert note.band is Band.HIGH


@pytest.mark.parametrize(
    "response",
    [
        answer(state=ResponseState.IN_PROGRESS),
        answer(None),
        answer(channel=Channel.SMS),
        answer(changed_at=NOW - timedelta(hours=5)),
    ],
    ids=["unfinished", "without a score", "in writing", "late"],
)
async def test_other_answers_are_followed_by_nothing(orchestra: Any, response: Response) -> None:
    await called(orchestra)

    await orchestra.answer(response)

    assert await notes(orchestra) == []


async def test_nobody_is_texted_who_said_no_to_texts(orchestra: Any) -> None:
    await called(orchestra)
    await orchestra.hear(
        ConsentChanged(
            id=derived("no"),
            contact_id=contact_of(),
            channel="sms",
            state=ConsentState.WITHDRAWN,
            occurred_at=NOW,
            source="api",
        )
    )

    await orchestra.answer(answer())

    assert await notes(orchestra) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"after_call": None},
        {"texts": {"en": {"thanks": {"low": "Sorry.", "middle": "Thanks.", "high": "Thanks!"}}}},
        {"workspace": LINKS | {"explicit_consent": ["sms"]}},
    ],
    ids=["not wanted", "no link", "no yes"],
)
async def test_nothing_is_written_where_nothing_is_to_be_or_may_be(
    orchestra: Any, changes: dict[str, Any]
) -> None:
    await called(orchestra, **changes)

    await orchestra.answer(answer())

    assert await notes(orchestra) == []


async def test_a_flow_that_is_off_writes_nothing_more(orchestra: Any) -> None:
    await called(orchestra)
    await orchestra.switch_off()

    await orchestra.answer(answer())

    assert await notes(orchestra) == []


async def test_it_is_written_where_somebody_can_read(orchestra: Any) -> None:
    with pytest.raises(BadInput) as refused:
        await called(orchestra, after_call="email")

    assert "after_call" in str(refused.value.errors)
