"""Who places our calls: one file each, and the list of them."""

from channel.providers import Providers
from ivr_gateway.providers.plivo import PlivoVoice
from ivr_gateway.providers.twilio import TwilioVoice

PROVIDERS: Providers = {"twilio": TwilioVoice(), "plivo": PlivoVoice()}
