"""Accounts for WhatsApp beside Meta's own."""

from dataclasses import dataclass
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict

from common.config.accounts import TwilioAccount, register
from common.config.fields import STRICT
from common.events.values import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioWhatsAppAccount(TwilioAccount):
    """WhatsApp by Twilio: its senders are numbers that are registered there for WhatsApp."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    channel: Literal[Channel.WHATSAPP]
    answers_stop: Literal[False] = False  # nobody confirms a STOP on WhatsApp but we

    @property
    def content_url(self) -> str:
        """Where templates are kept: at Twilio on a host of its own."""
        base = self.base_url.rstrip("/")
        host = urlsplit(base).hostname or ""
        return "https://content.twilio.com" if host.endswith(".twilio.com") else base


register(Channel.WHATSAPP, "twilio", TwilioWhatsAppAccount)
