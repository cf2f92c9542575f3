"""What senders report, what contacts say, what sources tell later."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from msgspec import structs

from common.events.consent import ConsentChanged, ConsentState
from common.events.decisions import Reason, Verdict
from common.events.responses import Response, ResponseState
from common.events.sends import Delivery, DeliveryStatus, FailureClass
from common.events.values import Channel, Ending, Metric
from common.ids import derived, invitation_id, response_id, step_id
from common.topics import CONSENT, DECISIONS, STEPS_SMS
from orchestrator.repository.deciding import early
from orchestrator.service.consent.doubts import Doubts
from orchestrator.testing import CALLER, NOW, call, contact_of

INVITATION = invitation_id(call().id, "csat-flow")
CAP_1 = {"workspace": {"caps": [{"asks": 1, "per": "30d"}]}}
GRANTED, WITHDRAWN = ConsentState.GRANTED, ConsentState.WITHDRAWN


def delivery(status: DeliveryStatus, **changes: Any) -> Delivery:
    facts: dict[str, Any] = {
        "step_id": step_id(INVITATION, 0),
        "invitation_id": INVITATION,
        "interaction_id": call().id,
        "contact_id": contact_of(),
        "channel": Channel.SMS,
        "revision": 1,
        "status": status,
        "at": NOW,
        "final": True,
        **changes,
    }
    return Delivery(**facts)


def consent(
    state: ConsentState, minute: int = 0, *, channel: str = "sms", source: str = "reply"
) -> ConsentChanged:
    occurred_at = NOW + timedelta(minutes=minute)
    return ConsentChanged(
        id=derived("test", channel, state, minute),
        contact_id=contact_of(),
        channel=channel,
        state=state,
        occurred_at=occurred_at,
        source=source,
    )


async def asked_again(orchestra: Any) -> Reason | None:
    """Why a second call of the same person is not asked about; None: it is."""
    await orchestra.take(call("again", ended_at=NOW))
    decisions = {e.data.interaction.call_id: e.data for e in await orchestra.published(DECISIONS)}
    reason: Reason | None = decisions["again"].reason
    return reason


@pytest.mark.parametrize(
    ("outcome", "free", "status"),
    [
        (delivery(DeliveryStatus.FAILED, failure=FailureClass.TRANSIENT), True, "failed"),
        (delivery(DeliveryStatus.CANCELLED, reason="expired"), True, "cancelled"),
        (delivery(DeliveryStatus.FAILED, sent_at=NOW), False, "failed"),
        (delivery(DeliveryStatus.FAILED, final=False), False, "asked"),
        (delivery(DeliveryStatus.UNKNOWN), False, "asked"),
        (delivery(DeliveryStatus.DELIVERED, sent_at=NOW), False, "asked"),
    ],
    ids=["failed", "cancelled", "went out", "not final", "unknown", "delivered"],
)
async def test_a_slot_is_free_again_when_nothing_went_out(
    orchestra: Any, outcome: Delivery, free: bool, status: str
) -> None:
    await orchestra.configure(**CAP_1)
    await orchestra.take(call())

    await orchestra.report(outcome)

    assert (await orchestra.status(INVITATION))[0] == status
    assert await asked_again(orchestra) is (None if free else Reason.FREQUENCY_CAP)


async def test_senders_are_told_that_a_doubt_was_none_unless_something_else_forbids(
    orchestra: Any,
) -> None:
    doubts = Doubts(orchestra.db)
    await orchestra.configure()
    for minute, before in enumerate((None, WITHDRAWN)):
        if before:
            await orchestra.hear(consent(before, -1))
        doubt = consent(ConsentState.DOUBTED, minute)
        await orchestra.hear(doubt)
        await doubts.decide("acme", doubt.id, opted_out=False, evidence="looked at")

    told = [event.data for event in await orchestra.published(CONSENT)]
    assert [one.state for one in told] == [ConsentState.CLEARED]


def answered() -> Response:
    return Response(
        id=response_id(INVITATION, "sms"),
        invitation_id=INVITATION,
        interaction_id=call().id,
        contact_id=contact_of(),
        channel=Channel.SMS,
        survey_id="csat",
        survey_version=1,
        metric=Metric.CSAT,
        revision=1,
        state=ResponseState.FINISHED,
        answers=(),
        started_at=NOW,
        changed_at=NOW,
    )


@pytest.mark.parametrize("failure", [FailureClass.INVALID_NUMBER, FailureClass.NO_CHANNEL])
async def test_a_dead_number_is_not_asked_again_for_some_weeks(
    orchestra: Any, failure: FailureClass
) -> None:
    await orchestra.take(call())

    await orchestra.report(delivery(DeliveryStatus.FAILED, failure=failure))

    assert await asked_again(orchestra) is Reason.UNREACHABLE


async def test_how_long_a_dead_number_rests_is_a_setting(orchestra: Any) -> None:
    await orchestra.configure(workspace={"unreachable_for": "0s"})
    await orchestra.take(call())

    await orchestra.report(delivery(DeliveryStatus.FAILED, failure=FailureClass.INVALID_NUMBER))

    assert await asked_again(orchestra) is None


async def test_a_number_that_answers_is_not_dead(orchestra: Any) -> None:
    await orchestra.take(call())
    await orchestra.report(delivery(DeliveryStatus.FAILED, failure=FailureClass.INVALID_NUMBER))

    await orchestra.answer(answered())

    assert await asked_again(orchestra) is None


async def test_a_cancellation_of_ours_comes_back_and_frees_the_slot(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "1h"}, **CAP_1)
    await orchestra.take(call())
    await orchestra.switch_off()

    await orchestra.report_all()
    await orchestra.configure(**CAP_1)

    assert await asked_again(orchestra) is None


async def test_an_answer_is_the_last_word(orchestra: Any) -> None:
    await orchestra.take(call())
    await orchestra.report(delivery(DeliveryStatus.FAILED, sent_at=NOW))

    await orchestra.answer(
        Response(
            id=response_id(INVITATION, "sms"),
            invitation_id=INVITATION,
            interaction_id=call().id,
            contact_id=contact_of(),
            channel=Channel.SMS,
            survey_id="csat",
            survey_version=1,
            metric=Metric.CSAT,
            revision=1,
            state=ResponseState.IN_PROGRESS,
            answers=(),
            started_at=NOW,
            changed_at=NOW,
        )
    )

    assert await orchestra.status(INVITATION) == ("answered", None)


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_newest_consent_wins_in_whatever_order_it_comes(
    orchestra: Any, order: tuple[int, ...]
) -> None:
    told = [consent(WITHDRAWN, 1), consent(GRANTED, 2), consent(WITHDRAWN, 3)]

    for index in order:
        await orchestra.hear(told[index])

    assert await asked_again(orchestra) is Reason.OPTED_OUT
    [row] = await orchestra.rows("select count(*) from orchestrator.consent_ledger")
    assert row["count"] == 3


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ([consent(WITHDRAWN, 1), consent(GRANTED, 2)], None),
        ([consent(GRANTED, 2), consent(WITHDRAWN, 1)], None),
        ([consent(GRANTED, 1), consent(WITHDRAWN, 1)], Reason.OPTED_OUT),
        ([consent(WITHDRAWN, 1), consent(GRANTED, 1)], Reason.OPTED_OUT),
        ([consent(WITHDRAWN, 1, channel="email")], None),
        ([consent(WITHDRAWN, 1, channel="all")], Reason.OPTED_OUT),
        ([consent(WITHDRAWN, 1, channel="all"), consent(GRANTED, 2)], Reason.OPTED_OUT),
        ([consent(WITHDRAWN, 1), consent(GRANTED, 2, channel="all")], Reason.OPTED_OUT),
    ],
    ids=[
        "start after stop",
        "an older stop comes late",
        "withdrawal wins a tie",
        "and in the other order",
        "another channel",
        "all channels",
        "a channel's yes does not undo all",
        "nor does all undo a channel's no",
    ],
)
async def test_consent(
    orchestra: Any, changes: list[ConsentChanged], reason: Reason | None
) -> None:
    for change in changes:
        await orchestra.hear(change)

    assert await asked_again(orchestra) is reason


async def test_consent_heard_in_one_batch_counts_as_one_by_one(orchestra: Any) -> None:
    await orchestra.hear(consent(GRANTED, 2), consent(WITHDRAWN, 3), consent(WITHDRAWN, 1))

    assert await asked_again(orchestra) is Reason.OPTED_OUT


async def test_a_contact_s_consent_is_its_own_workspace_s(orchestra: Any) -> None:
    """The same id in another workspace is somebody else there."""
    foreign = orchestra._event(consent(WITHDRAWN), contact_of())
    await orchestra.consent.on_changes([structs.replace(foreign, workspace="other")])

    assert await asked_again(orchestra) is None


async def test_a_report_of_another_workspace_ends_nothing_here(orchestra: Any) -> None:
    await orchestra.take(call())
    failed = orchestra._event(delivery(DeliveryStatus.FAILED), INVITATION)
    await orchestra.outcomes.on_deliveries([structs.replace(failed, workspace="other")])

    assert await orchestra.status(INVITATION) == ("asked", None)


async def test_what_the_api_records_is_told_to_senders(orchestra: Any) -> None:
    change = consent(WITHDRAWN, source="api")

    await orchestra.consent.record("acme", [change], addresses={contact_of(): CALLER})
    await orchestra.hear(change)  # it comes back to us

    [event] = await orchestra.published(CONSENT)
    assert event.data == change
    assert await asked_again(orchestra) is Reason.OPTED_OUT
    [row] = await orchestra.rows("select count(*) from orchestrator.consent_ledger")
    assert row["count"] == 1


async def test_a_no_by_the_api_stops_what_is_out_and_what_waits(orchestra: Any) -> None:
    """In a transaction that may touch rows of this workspace only."""
    await orchestra.take(call())
    await orchestra.consent.record(
        "acme", [consent(WITHDRAWN, source="api")], addresses={contact_of(): CALLER}
    )

    called_back = [
        event.data for event in await orchestra.published(STEPS_SMS) if "cancelled" in event.type
    ]
    assert [one.reason for one in called_back] == ["opted_out"]


async def test_a_doubt_on_one_channel_calls_back_what_waits_on_another(orchestra: Any) -> None:
    await orchestra.take(call())

    await orchestra.hear(consent(ConsentState.DOUBTED, channel="whatsapp"))

    called_back = [
        event.data for event in await orchestra.published(STEPS_SMS) if "cancelled" in event.type
    ]
    assert [one.reason for one in called_back] == ["opted_out"]
    assert await asked_again(orchestra) is Reason.OPTED_OUT


async def test_a_yes_is_enough_where_one_is_needed(orchestra: Any) -> None:
    await orchestra.configure(workspace={"explicit_consent": ["sms"]})
    await orchestra.hear(consent(GRANTED))

    assert await asked_again(orchestra) is None


async def test_an_amendment_changes_the_attribution_and_asks_nobody(orchestra: Any) -> None:
    await orchestra.take(call())

    await orchestra.amend(call(queue="claims", address="+12025550111"), revision=2)
    await orchestra.amend(call(queue="older"), revision=1)

    events = await orchestra.published(DECISIONS)
    first, amended, repeated = events
    assert (amended.data.interaction.queue, amended.data.revision) == ("claims", 2)
    assert (amended.data.verdict, amended.data.flow_id) == (Verdict.INVITE, "csat-flow")
    assert amended.data.interaction.address == CALLER
    assert amended.id != first.id
    assert repeated == amended  # the older revision changes nothing
    assert len(await orchestra.published(STEPS_SMS)) == 1


async def test_what_an_amendment_does_not_tell_stays_as_it_was(orchestra: Any) -> None:
    told = call(queue="claims", transfers=2, tags=("vip",))
    await orchestra.take(told)
    later = told.ended_at + timedelta(minutes=5)

    bare = structs.replace(
        call(), ending=Ending.UNKNOWN, ended_at=later, queue=None, legs=(), talk_seconds=None
    )
    await orchestra.amend(structs.replace(bare, disposition="billing"), revision=2)

    amended = (await orchestra.published(DECISIONS))[-1].data.interaction
    assert amended.disposition == "billing"
    assert structs.replace(amended, disposition=None) == told


async def test_of_amendments_that_come_together_each_says_its_own(orchestra: Any) -> None:
    await orchestra.take(call(queue="claims"))
    bare = structs.replace(call(), ending=Ending.UNKNOWN, queue=None, legs=(), talk_seconds=None)

    await orchestra.amend_all(
        (structs.replace(bare, disposition="billing"), 3),
        (structs.replace(bare, tags=("vip",), disposition="sales"), 2),
        (structs.replace(bare, region="East"), 2),
    )

    amended = (await orchestra.published(DECISIONS))[-1].data
    told = amended.interaction
    assert amended.revision == 3
    assert (told.queue, told.disposition, told.tags, told.region) == (
        "claims",
        "billing",
        ("vip",),
        "East",
    )


async def test_an_amendment_of_an_unknown_interaction_decides_nothing(orchestra: Any) -> None:
    await orchestra.amend(call(), revision=1)

    assert await orchestra.published(DECISIONS) == []


async def test_an_amendment_that_comes_too_early_counts_once_its_call_is_decided(
    orchestra: Any,
) -> None:
    await orchestra.amend(call(queue="claims"), revision=3)
    await orchestra.amend(call(disposition="billing"), revision=2)
    await orchestra.amend(call("another", queue="x"), revision=2)
    await orchestra.amending.look()
    assert await orchestra.published(DECISIONS) == []

    await orchestra.take(call())
    await orchestra.amending.look()
    await orchestra.amending.look()

    first, amended = (event.data for event in await orchestra.published(DECISIONS))
    assert (first.revision, amended.revision) == (0, 3)
    told = amended.interaction
    assert (told.queue, told.disposition) == ("claims", "billing")
    left = await orchestra.rows("select interaction_id from orchestrator.early_amendments")
    assert [row["interaction_id"] for row in left] == [call("another").id]

    orchestra.now += timedelta(days=1, minutes=1)
    await orchestra.amending.look()
    assert await orchestra.rows("select from orchestrator.early_amendments") == []


async def test_of_a_workspace_so_many_amendments_are_kept_that_come_too_early(
    orchestra: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(early, "MOST", 2)

    for number in range(4):
        await orchestra.amend(call(str(number), queue="claims"), revision=2)

    [kept] = await orchestra.rows("select count(*) from orchestrator.early_amendments")
    assert kept["count"] == 2
    await orchestra.take(call("0"), call("3"))
    await orchestra.amending.look()
    revisions = [event.data.revision for event in await orchestra.published(DECISIONS)]
    assert sorted(revisions) == [0, 0, 2]


async def test_of_who_is_erased_no_early_amendment_is_kept(orchestra: Any) -> None:
    await orchestra.amend(call(queue="claims"), revision=2)
    await orchestra.erase()
    assert await orchestra.rows("select from orchestrator.early_amendments") == []

    await orchestra.amend(call(queue="claims"), revision=2)
    assert await orchestra.rows("select from orchestrator.early_amendments") == []


async def _answers(one: Any) -> None:
    await one.answer(answered())


async def _fails(one: Any) -> None:
    await one.report(delivery(DeliveryStatus.FAILED, failure=FailureClass.TRANSIENT))


async def _says_no(one: Any) -> None:
    await one.hear(consent(ConsentState.WITHDRAWN))


async def _calls_again(one: Any) -> None:
    await one.take(call("again"))


@pytest.mark.parametrize("happens", [_answers, _fails, _says_no, _calls_again])
async def test_whoever_waits_for_a_contact_holds_none_of_its_invitations(
    orchestra: Any, replica: Any, happens: Callable[[Any], Awaitable[None]]
) -> None:
    """Contacts first, then invitations: everywhere, else two of these could wait for each other."""
    await orchestra.configure()
    await orchestra.take(call())

    async with orchestra.db.transaction() as holder:
        await holder.execute("select from orchestrator.contacts for update")
        working = asyncio.create_task(happens(replica))
        await orchestra.until_waiting(1)
        await holder.execute("select from orchestrator.invitations for update nowait")
        await holder.execute("select from orchestrator.steps for update nowait")
    await working
