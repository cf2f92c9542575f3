"""The use cases of the SMS sender: planning, carrying, listening."""

from dataclasses import dataclass

from channel.sender import ChannelSender
from sms_sender.service.carrying import SmsCarrier
from sms_sender.service.listening import Listening, SmsUnderstanding
from sms_sender.service.planning import SmsPlanning
from sms_sender.service.tokens import Tokens

__all__ = ["Listening", "SmsCarrier", "SmsPlanning", "SmsSender", "SmsUnderstanding", "Tokens"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSender:
    """What the endpoints get."""

    kit: ChannelSender
    listening: Listening
    public_url: str
