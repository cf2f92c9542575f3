"""The life of a send, pure: what may follow what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.store import delivery
from channel.store.delivery import Send, SendKind
from channel.store.outcomes import (
    Accepted,
    AccountRefused,
    Ambiguous,
    NothingLeft,
    Outcome,
    Rejected,
    Report,
    Throttled,
)
from common.events.sends import DeliveryStatus, FailureClass

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
PAUSE = timedelta(seconds=9)
SENT = Report(status=DeliveryStatus.SENT, provider_message_id="SM1")
DELIVERED = Report(status=DeliveryStatus.DELIVERED, provider_message_id="SM1")
FAILED = Report(
    status=DeliveryStatus.FAILED,
    provider_message_id="SM1",
    failure=FailureClass.INVALID_NUMBER,
    code="30005",
)


def send(state: DeliveryStatus = DeliveryStatus.CLAIMED, **changes: object) -> Send:
    known = Send(
        id=UUID(int=1),
        kind=SendKind.STEP,
        workspace="acme",
        contact_id=UUID(int=2),
        state=state,
        due_at=NOW,
        expires_at=NOW + timedelta(hours=4),
        attempts=0 if state is DeliveryStatus.QUEUED else 1,
    )
    return replace(known, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted("SM1"), DeliveryStatus.SENT),
        (Rejected(FailureClass.INVALID_NUMBER, "21211"), DeliveryStatus.FAILED),
        (NothingLeft("connect"), DeliveryStatus.QUEUED),
        (Throttled(3.0), DeliveryStatus.QUEUED),
        (AccountRefused("20003"), DeliveryStatus.QUEUED),
        (Ambiguous("500"), DeliveryStatus.UNKNOWN),
    ],
)
def test_what_follows_from_each_outcome(outcome: Outcome, state: DeliveryStatus) -> None:
    assert delivery.recorded(send(), outcome, NOW, attempt=1, pause=PAUSE).state is state


def test_what_may_be_repeated_waits_for_its_pause() -> None:
    assert delivery.recorded(send(), Throttled(), NOW, attempt=1, pause=PAUSE).due_at == NOW + PAUSE


def test_an_unknown_send_is_never_queued_again() -> None:
    unknown = delivery.lost(send(), NOW, reason="crash")
    for outcome in (NothingLeft("connect"), Throttled(), AccountRefused("20003"), Ambiguous("x")):
        assert delivery.recorded(unknown, outcome, NOW, attempt=1, pause=PAUSE) == unknown


@pytest.mark.parametrize("report", [SENT, DELIVERED, FAILED])
def test_a_callback_settles_an_unknown_send(report: Report) -> None:
    unknown = delivery.lost(send(), NOW, reason="crash")

    assert delivery.reported(unknown, report, NOW).state is report.status


def test_a_record_written_twice_does_not_undo_the_next_claim() -> None:
    waiting = delivery.recorded(send(), Throttled(), NOW, attempt=1, pause=PAUSE)
    claimed_anew = delivery.claimed(waiting, NOW)

    assert delivery.recorded(claimed_anew, Throttled(), NOW, attempt=1, pause=PAUSE) == claimed_anew


def test_a_late_sent_never_undoes_delivered() -> None:
    delivered = delivery.reported(send(), DELIVERED, NOW)

    assert delivery.reported(delivered, SENT, NOW) == delivered
    assert delivery.reported(delivered, FAILED, NOW) == delivered


def test_the_answer_to_the_request_never_undoes_a_quicker_callback() -> None:
    delivered = delivery.reported(send(), DELIVERED, NOW)

    for outcome in (
        Accepted("SM1"),
        Ambiguous("x"),
        Throttled(),
        Rejected(FailureClass.CONFIG, "1"),
    ):
        assert (
            delivery.recorded(delivered, outcome, NOW, attempt=1, pause=PAUSE).state
            is DeliveryStatus.DELIVERED
        )


def test_a_receipt_for_a_send_that_waits_to_be_repeated_stops_the_repeating() -> None:
    waiting = delivery.recorded(send(), Throttled(), NOW, attempt=1, pause=PAUSE)

    assert delivery.reported(waiting, SENT, NOW).state is DeliveryStatus.SENT


def test_a_receipt_for_a_send_that_was_never_tried_changes_nothing() -> None:
    waiting = send(DeliveryStatus.QUEUED)

    assert delivery.reported(waiting, DELIVERED, NOW) == waiting


def test_an_answer_is_better_evidence_than_a_failure() -> None:
    failed = delivery.reported(send(), FAILED, NOW)
    answered = delivery.answered(failed, NOW)

    assert (answered.state, answered.failure) == (DeliveryStatus.DELIVERED, None)
    assert answered.revision == failed.revision + 1


def test_only_what_is_not_claimed_can_be_called_back() -> None:
    assert (
        delivery.cancelled(send(DeliveryStatus.QUEUED), "flow_disabled").reason == "flow_disabled"
    )
    assert delivery.cancelled(send(), "flow_disabled").state is DeliveryStatus.CLAIMED


def test_after_the_last_look_up_an_unknown_send_is_closed_and_still_unknown() -> None:
    unknown = delivery.lost(send(), NOW, reason="crash")
    for _ in delivery.LOOK_UPS:
        assert not unknown.final
        unknown = delivery.looked_up(unknown, NOW)

    assert (unknown.state, unknown.closed_at, unknown.final) == (DeliveryStatus.UNKNOWN, NOW, True)
    assert delivery.looked_up(unknown, NOW) == unknown


def test_a_closed_unknown_send_is_settled_by_a_callback_all_the_same() -> None:
    closed = replace(delivery.lost(send(), NOW, reason="crash"), closed_at=NOW)
    settled = delivery.reported(closed, SENT, NOW)

    assert (settled.state, settled.final) == (DeliveryStatus.SENT, False)


REPORTS = st.sampled_from([SENT, DELIVERED, FAILED])


@given(st.lists(REPORTS, max_size=6))
def test_revisions_grow_with_every_change_that_others_see(reports: list[Report]) -> None:
    known = send()
    for report in reports:
        after = delivery.reported(known, report, NOW)
        assert after.revision == known.revision + (after.state is not known.state)
        known = after


@given(st.permutations([SENT, SENT, DELIVERED]))
def test_receipts_in_any_order_end_delivered(reports: list[Report]) -> None:
    known = send()
    for report in reports:
        known = delivery.reported(known, report, NOW)

    assert known.state is DeliveryStatus.DELIVERED
    assert known.sent_at is not None
