"""Who carries our texts: one file each, and the list of them."""

from channel.providers import Providers
from sms_sender.providers.twilio import Twilio

PROVIDERS: Providers = {"twilio": Twilio()}
