"""Which of the provider's messages can only be the one we look for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from channel.outgoing.carriers import Lost, found
from channel.providers import Listed
from channel.store.outcomes import Report
from common.events.sends import DeliveryStatus

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
LOST = Lost(id=UUID(int=1), text="How was it?", claimed_at=NOW)


def listed(message_id: str = "SM1", *, text: str = "How was it?", seconds: float = 1) -> Listed:
    report = Report(status=DeliveryStatus.SENT, provider_message_id=message_id)
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


def test_a_reference_of_ours_decides_alone() -> None:
    others, mine = uuid4(), LOST.id
    messages = [
        replace(listed("SM1"), send_id=others),
        replace(listed("SM2", text="in other words", seconds=-900), send_id=mine),
    ]

    report = found(LOST, messages, known=frozenset())

    assert (report and report.provider_message_id) == "SM2"


def test_a_message_without_words_is_nobodys() -> None:
    wordless = replace(LOST, text=None)

    assert found(wordless, [replace(listed(), text=None)], known=frozenset()) is None
