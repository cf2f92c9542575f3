"""Which failures mean that a number is dead for good."""

import pytest

from common.events.reach import dead_channels
from common.events.sends import FailureClass
from common.events.values import Channel

BY_NUMBER = {Channel.SMS, Channel.IVR, Channel.WHATSAPP}


@pytest.mark.parametrize("channel", sorted(BY_NUMBER))
def test_an_invalid_number_is_dead_wherever_numbers_are_used(channel: Channel) -> None:
    assert dead_channels(FailureClass.INVALID_NUMBER, channel) == BY_NUMBER


def test_a_mailbox_that_does_not_exist_says_nothing_of_numbers() -> None:
    assert dead_channels(FailureClass.INVALID_NUMBER, Channel.EMAIL) == {Channel.EMAIL}


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_a_line_without_the_channel_is_dead_on_that_channel_alone(channel: Channel) -> None:
    assert dead_channels(FailureClass.NO_CHANNEL, channel) == {channel}


@pytest.mark.parametrize(
    "failure",
    [None, *sorted(set(FailureClass) - {FailureClass.INVALID_NUMBER, FailureClass.NO_CHANNEL})],
)
def test_what_can_mend_kills_nothing(failure: FailureClass | None) -> None:
    assert dead_channels(failure, Channel.SMS) == frozenset()
