"""Which of the provider's messages can only be the one we look for."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from channel.outgoing.carriers import Listed, Lost, found
from channel.store.delivery import Status
from channel.store.outcomes import Report

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
LOST = Lost(id=UUID(int=1), text="How was it?", claimed_at=NOW)


def listed(message_id: str = "SM1", *, text: str = "How was it?", seconds: float = 1) -> Listed:
    report = Report(status=Status.SENT, provider_message_id=message_id)
    return Listed(report=report, text=text, created_at=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("messages", "message_id"),
    [
        ([listed()], "SM1"),
        ([listed(seconds=-1)], "SM1"),  # the provider's clock counts whole seconds
        ([listed(seconds=-60)], None),  # an earlier ask
        ([listed(seconds=600)], None),  # a later one
        ([listed(text="Thanks")], None),
        ([listed("of another send"), listed("SM2")], "SM2"),
        ([], None),
    ],
)
def test_a_message_is_ours_by_text_time_and_nobody_elses(
    messages: list[Listed], message_id: str | None
) -> None:
    report = found(LOST, messages, known=frozenset({"of another send"}))

    assert (report and report.provider_message_id) == message_id
