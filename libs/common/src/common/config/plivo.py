"""Accounts at Plivo."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field

from common.config.accounts import Account, CallersCome, Ring, register
from common.config.fields import STRICT, SecretRef
from common.events.values import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class PlivoVoiceAccount(Account):
    """Plivo Voice. What is not Plivo's own means what it means at Twilio."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    channel: Literal[Channel.IVR]
    provider: Literal["plivo"]
    HOSTS: ClassVar[tuple[str, ...]] = ("api.plivo.com",)
    base_url: str = "https://api.plivo.com"
    auth_id: Annotated[str, Field(pattern=r"^[MS]A[0-9A-Z]{1,62}$")]  # a part of addresses
    auth_token: SecretRef
    answers_stop: bool = False
    ring: Ring = timedelta(seconds=25)
    machine_detection: bool = True
    callers_come: CallersCome = timedelta(0)

    @property
    def hold(self) -> timedelta:
        return self.callers_come

    @property
    def name_there(self) -> str:
        return self.auth_id

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"auth_token": self.auth_token}

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


register(Channel.IVR, "plivo", PlivoVoiceAccount)
