"""Who carries our WhatsApp messages: one file each, and the list of them."""

from channel.providers import Providers
from whatsapp_sender.providers.meta import Meta

PROVIDERS: Providers = {"meta": Meta()}
