"""Who carries our WhatsApp messages and keeps our templates, and the lists of them."""

from collections.abc import Mapping

from channel.providers import Providers
from whatsapp_sender.providers import meta_templates, twilio_templates
from whatsapp_sender.providers.meta import Meta
from whatsapp_sender.providers.reviewing import Reviews
from whatsapp_sender.providers.twilio import TwilioWhatsApp

PROVIDERS: Providers = {"meta": Meta(), "twilio": TwilioWhatsApp()}
REVIEWS: Mapping[str, Reviews] = {"meta": meta_templates, "twilio": twilio_templates}
