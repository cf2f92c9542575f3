"""The list of providers."""

from collections.abc import Mapping

from sms_sender.providers import SmsProvider
from sms_sender.providers.twilio import Twilio

PROVIDERS: Mapping[str, SmsProvider] = {"twilio": Twilio()}
