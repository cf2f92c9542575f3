"""What a newer version wrote, beside this one: consent, outcomes, flows that cannot be read."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from common.config.store import Document, save
from common.events.consent import ConsentChanged, ConsentState
from common.events.decisions import Reason
from common.events.sends import Delivery, DeliveryStatus, StepKind
from common.events.values import Channel
from common.ids import derived, invitation_id, step_id
from common.topics import DECISIONS, STEPS_SMS
from orchestrator.domain.consent import ALL, BITS, bits_of
from orchestrator.domain.invitation import LEASE
from orchestrator.service.schedule.dispatching import WAIT
from orchestrator.testing import NOW, call, contact_of

INVITATION = invitation_id(call().id, "csat-flow")
HOUR = timedelta(hours=1)
FLOW = {"id": "csat-flow", "survey": "csat", "enabled": True}


def said(word: str, *, channel: str = "sms", minute: int = 0) -> ConsentChanged:
    return ConsentChanged(
        id=derived("newer", word, channel, minute),
        contact_id=contact_of(),
        channel=channel,
        state=ConsentState(word),
        occurred_at=NOW + timedelta(minutes=minute),
        source="api",
    )


async def reasons(orchestra: Any) -> list[Reason | None]:
    return [event.data.reason for event in await orchestra.published(DECISIONS)]


async def write(orchestra: Any, kind: str, body: dict[str, Any]) -> None:
    """As a newer version writes it."""
    async with orchestra.db.transaction() as connection:
        document = Document(workspace="acme", kind=kind, id=body["id"], body=body)
        await save(connection, [document], by="a newer version")


async def test_a_state_of_consent_that_is_not_known_is_a_no(orchestra: Any) -> None:
    await orchestra.hear(said("snoozed"))
    await orchestra.take(call())

    assert await reasons(orchestra) == [Reason.OPTED_OUT]


@pytest.mark.parametrize("states", [("granted", "snoozed"), ("snoozed", "granted")])
async def test_a_state_that_is_not_known_wins_a_tie(orchestra: Any, states: Any) -> None:
    await orchestra.hear(*map(said, states))
    await orchestra.take(call())

    assert await reasons(orchestra) == [Reason.OPTED_OUT]


async def test_a_later_yes_is_believed_again(orchestra: Any) -> None:
    await orchestra.hear(said("snoozed"), said("granted", minute=1))
    await orchestra.take(call())

    assert await reasons(orchestra) == [None]


async def test_a_no_to_a_channel_that_is_not_known_is_remembered_and_stops_no_other(
    orchestra: Any,
) -> None:
    await orchestra.hear(said("withdrawn", channel="rcs"))
    await orchestra.take(call())

    assert await reasons(orchestra) == [None]
    [row] = await orchestra.rows("select withdrawn, granted from orchestrator.contacts")
    assert (row["withdrawn"], row["granted"]) == (BITS[Channel.UNKNOWN], 0)


def test_an_unknown_state_is_never_a_grant() -> None:
    unknown = ConsentState.UNKNOWN
    assert bits_of([("sms", unknown), (ALL, unknown)]) == (BITS[Channel.SMS] | BITS[ALL], 0)


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (0, {"status": DeliveryStatus("read"), "final": True}),
        (5, {"status": DeliveryStatus.FAILED, "final": True, "kind": StepKind("escalation")}),
        (5, {"status": DeliveryStatus.SENT, "sent_at": NOW, "kind": StepKind("escalation")}),
    ],
)
async def test_an_outcome_that_is_not_understood_ends_nothing_and_frees_nothing(
    orchestra: Any, number: int, changes: dict[str, Any]
) -> None:
    """A status that is not known is as good as none; a step that is not here is a newer one's."""
    await orchestra.configure(flow={"plan": [{}, {"when": "silent", "after": "1h"}]})
    await orchestra.take(call())
    before = await orchestra.status(INVITATION)
    slots = await orchestra.rows("select asks from orchestrator.contacts")
    told = Delivery(
        step_id=step_id(INVITATION, number),
        invitation_id=INVITATION,
        interaction_id=call().id,
        contact_id=contact_of(),
        channel=Channel.SMS,
        revision=7,
        at=NOW,
        **{"final": False, **changes},
    )
    await orchestra.report(told)

    assert await orchestra.status(INVITATION) == before
    assert await orchestra.rows("select asks from orchestrator.contacts") == slots
    states = await orchestra.rows("select state from orchestrator.steps")
    assert [row["state"] for row in states] in (["with_sender"], ["unknown"])


async def test_what_is_due_of_a_flow_that_cannot_be_read_waits_until_it_can(
    orchestra: Any,
) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(call())
    await write(orchestra, "flow", {**FLOW, "delay": "1h", "quiet_hours": "default"})
    orchestra.now += HOUR
    await orchestra.dispatching.dispatch()
    assert await orchestra.status(INVITATION) == ("pending", None)
    assert await orchestra.dispatching.dispatch() == 0  # it holds up nobody else

    await write(orchestra, "flow", {**FLOW, "delay": "1h"})
    orchestra.now += WAIT
    await orchestra.dispatching.dispatch()

    assert await orchestra.status(INVITATION) == ("asked", None)
    assert len(await orchestra.published(STEPS_SMS)) == 1


async def test_what_was_left_behind_of_a_flow_that_cannot_be_read_waits_too(
    orchestra: Any,
) -> None:
    await orchestra.commit(call())  # and dies
    await write(orchestra, "flow", {**FLOW, "quiet_hours": "default"})
    orchestra.now += LEASE
    await orchestra.dispatching.dispatch()
    assert await orchestra.published(STEPS_SMS) == []

    await write(orchestra, "flow", FLOW)
    orchestra.now += WAIT
    await orchestra.dispatching.dispatch()

    assert len(await orchestra.published(STEPS_SMS)) == 1


async def test_what_waits_for_a_flow_that_cannot_be_read_does_not_wait_for_ever(
    orchestra: Any,
) -> None:
    await orchestra.configure(flow={"delay": "1h"})
    await orchestra.take(call())
    await write(orchestra, "flow", {**FLOW, "quiet_hours": "default"})
    orchestra.now += timedelta(hours=6)
    await orchestra.dispatching.dispatch()

    assert await orchestra.status(INVITATION) == ("cancelled", "expired")


async def test_a_call_of_a_kind_that_is_not_known_is_decided(orchestra: Any) -> None:
    newer = structs.replace(call(), kind=type(call().kind)("video_call"))
    await orchestra.take(newer)

    assert await reasons(orchestra) == [Reason.NO_FLOW]
