"""A no on one channel ends that channel, or every one, as the workspace says."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from common.config import ConfigReader
from common.events.consent import ConsentChanged, ConsentState
from common.events.decisions import Reason
from common.events.sends import StepCancelled
from common.ids import derived, invitation_id
from common.topics import DECISIONS, STEPS_SMS
from orchestrator.domain.explaining import data_of
from orchestrator.service.consent.linking import Linking
from orchestrator.testing import CALLER, NOW, address, call, contact_of

ALL = {"opt_out_scope": "all"}
NO, YES = ConsentState.WITHDRAWN, ConsentState.GRANTED
HOME = address(2)


def said(state: ConsentState, channel: str, minute: int = 0, *, by: str = CALLER) -> ConsentChanged:
    return ConsentChanged(
        id=derived("said", by, channel, state, minute),
        contact_id=contact_of(by),
        channel=channel,
        state=state,
        occurred_at=NOW + timedelta(minutes=minute),
        source="reply",
    )


async def refusal(orchestra: Any, name: str = "next") -> Any:
    """Why a call that ends now is not asked about by text; None: it is."""
    await orchestra.take(call(name, ended_at=orchestra.now))
    decisions = {e.data.interaction.call_id: e.data for e in await orchestra.published(DECISIONS)}
    return decisions[name]


@pytest.mark.parametrize("scope", [{}, {"opt_out_scope": "channel"}], ids=["default", "channel"])
async def test_a_no_on_another_channel_ends_that_one_alone(orchestra: Any, scope: Any) -> None:
    await orchestra.configure(workspace=scope)
    await orchestra.hear(said(NO, "whatsapp"))

    assert (await refusal(orchestra)).reason is None


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
async def test_a_no_on_any_channel_ends_all_and_the_decision_says_on_which(
    orchestra: Any, channel: str
) -> None:
    await orchestra.configure(workspace=ALL)
    await orchestra.hear(said(NO, channel))

    decision = await refusal(orchestra)

    assert decision.reason is Reason.OPTED_OUT
    [finding] = [one for one in decision.findings if one.refused]
    assert finding.fact == f"opted out of {channel}, which counts for all channels"
    assert data_of(finding) == [{"channel": channel}]


async def test_a_no_on_any_channel_takes_back_what_another_is_to_say(orchestra: Any) -> None:
    await orchestra.configure(workspace=ALL)
    await orchestra.take(call())

    await orchestra.hear(said(NO, "ivr"))

    told = [event.data for event in await orchestra.published(STEPS_SMS)]
    assert [one.reason for one in told if isinstance(one, StepCancelled)] == ["opted_out"]


async def test_a_no_by_the_api_takes_back_on_all_channels_too(orchestra: Any) -> None:
    await orchestra.configure(workspace=ALL, flow={"delay": "1h"})
    await orchestra.take(call())

    await orchestra.consent.record("acme", [said(NO, "email")], addresses={contact_of(): CALLER})

    status = await orchestra.status(invitation_id(call().id, "csat-flow"))
    assert status == ("cancelled", "opted_out")


async def test_what_waits_when_the_scope_becomes_all_is_not_sent(orchestra: Any) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.hear(said(NO, "whatsapp"))
    await orchestra.take(call())
    await orchestra.configure(workspace=ALL, flow={"delay": "1h"})

    orchestra.now += timedelta(hours=1)
    await orchestra.dispatching.dispatch()

    assert await orchestra.published(STEPS_SMS) == []


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([(NO, "whatsapp", 1), (YES, "whatsapp", 2)], None),
        ([(NO, "whatsapp", 1), (YES, "sms", 2)], None),
        ([(NO, "whatsapp", 1), (YES, "all", 2)], None),
        ([(NO, "whatsapp", 1), (YES, "email", 2)], Reason.OPTED_OUT),
        ([(YES, "sms", 1), (NO, "whatsapp", 2)], Reason.OPTED_OUT),
        ([(YES, "sms", 1), (NO, "whatsapp", 1)], Reason.OPTED_OUT),
        ([(NO, "whatsapp", 1), (YES, "sms", 2), (NO, "ivr", 3)], Reason.OPTED_OUT),
        ([(NO, "sms", 1), (YES, "all", 2)], Reason.OPTED_OUT),
    ],
    ids=[
        "taken back there",
        "a later yes to this channel",
        "a later yes to all",
        "a later yes to a third one",
        "an earlier yes",
        "a yes of the same moment",
        "and a newer no",
        "a yes to all does not undo a channel's own no",
    ],
)
async def test_only_a_later_yes_to_the_channel_itself_holds_against_a_no_elsewhere(
    orchestra: Any, told: list[Any], reason: Reason | None, order: tuple[int, ...]
) -> None:
    await orchestra.configure(workspace=ALL)
    for index in order:
        if index < len(told):
            await orchestra.hear(said(*told[index]))

    assert (await refusal(orchestra)).reason is reason


async def test_a_newer_no_where_they_had_said_no_before_takes_back_what_a_yes_allowed(
    orchestra: Any,
) -> None:
    await orchestra.configure(workspace=ALL, flow={"delay": "1h"})
    await orchestra.hear(said(NO, "whatsapp", -2), said(YES, "sms", -1))
    await orchestra.take(call())

    await orchestra.hear(said(NO, "whatsapp"))

    status = await orchestra.status(invitation_id(call().id, "csat-flow"))
    assert status == ("cancelled", "opted_out")


async def test_a_yes_by_one_number_is_none_against_the_no_of_the_person_s_other(
    orchestra: Any,
) -> None:
    await orchestra.configure(workspace={**ALL, "link_customers": True})
    await orchestra.hear(said(NO, "whatsapp", by=HOME), said(YES, "sms", 1))
    assert (await refusal(orchestra, "alone")).reason is None

    addresses = {contact_of(number): number for number in (CALLER, HOME)}
    linking = Linking(orchestra.db, ConfigReader(orchestra.db), lambda: orchestra.now)
    await linking.link("acme", addresses, None)

    stopped = invitation_id(call("alone").id, "csat-flow")
    assert (await refusal(orchestra, "linked")).reason is Reason.OPTED_OUT
    told = [event.data for event in await orchestra.published(STEPS_SMS)]
    assert [one.invitation_id for one in told if isinstance(one, StepCancelled)] == [stopped]


async def test_the_scope_is_one_of_two_words(orchestra: Any) -> None:
    with pytest.raises(Exception, match="channel") as bad:
        await orchestra.configure(workspace={"opt_out_scope": "everything"})
    assert "opt_out_scope" in str(bad.value)
