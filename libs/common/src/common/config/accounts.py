"""Accounts at providers: a union told apart by (channel, provider), each with fields of its own.

A provider's account is a subclass of `Account` and a line in `register`; its fields are strict.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    TypeAdapter,
    ValidationInfo,
)
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, ValidationError
from pydantic_core import core_schema as schemas

from common.config.dlt import Dlt, Header
from common.config.fields import (
    E164,
    NO_FLAG,
    STRICT,
    Countries,
    Duration,
    SecretRef,
    Slug,
)
from common.events.enumeration import TOLERANT
from common.events.values import Channel

MOST_SENDERS = 1_000
# A claim without a record is unknown after a minute: no request may take longer than half of it.
Patience = Annotated[Duration, Field(ge=timedelta(seconds=1), le=timedelta(seconds=30))]
MetaId = Annotated[str, Field(pattern=r"^\d{1,32}$")]
DEFAULTS = (Channel.SMS.value, "twilio")  # what a document means that does not say which


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderNumber:
    """A number we send from. `countries`: of contacts it is used for; empty means any."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    number: E164
    countries: Countries = ()
    two_way: bool = True  # replies to it reach us
    per_second: Annotated[float, Field(ge=0.001, le=1_000), NO_FLAG] = 1.0

    @property
    def shown(self) -> str:
        """What people see as the sender, and providers call it."""
        return self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What every account has. `answers_stop`: the provider confirms STOP itself."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    HOSTS: ClassVar[tuple[str, ...]] = ()  # of the provider: what a `base_url` may name
    id: Slug
    channel: Channel
    provider: str
    senders: Annotated[tuple[SenderNumber, ...], Field(min_length=1, max_length=MOST_SENDERS)]
    answers_stop: bool = True
    in_flight: Annotated[int, Field(ge=1, le=500), NO_FLAG] = 20
    timeout: Patience = timedelta(seconds=10)

    @property
    def hold(self) -> timedelta:
        """How long an ask waits for the person to come to us by themselves."""
        return timedelta(0)

    @property
    def name_there(self) -> str:
        """What the provider calls it in its callbacks."""
        raise NotImplementedError

    @property
    def secrets(self) -> Mapping[str, str]:
        """Field -> reference."""
        raise NotImplementedError

    @property
    def host(self) -> str:
        """Where requests of it go, for people to read."""
        raise NotImplementedError

    @property
    def own_address(self) -> str | None:
        """The provider's, which a document need not name."""
        known = type(self).__dataclass_fields__.get("base_url")
        return known.default if known is not None and isinstance(known.default, str) else None

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        if cls is not Account:
            return handler(source)
        return schemas.with_info_plain_validator_function(_account)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        if cls is not Account:
            return handler(schema)
        known = [handler(adapter.core_schema) for adapter in _ADAPTERS.values()]
        return known[0] if len(known) == 1 else {"oneOf": known}


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount(Account):
    """What Twilio's products have in common."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    provider: Literal["twilio"] = "twilio"
    HOSTS: ClassVar[tuple[str, ...]] = ("api.twilio.com", "*.twilio.com")  # regions and edges
    base_url: str = "https://api.twilio.com"
    account_sid: Annotated[str, Field(pattern=r"^AC[0-9A-Za-z]{1,62}$")]  # a part of addresses
    auth_token: SecretRef

    @property
    def name_there(self) -> str:
        return self.account_sid

    @property
    def secrets(self) -> Mapping[str, str]:
        return {"auth_token": self.auth_token}

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaNumber(SenderNumber):
    """`phone_number_id`: what Meta calls the number. Its first throughput is 80 a second."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    phone_number_id: MetaId


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaWhatsAppAccount(Account):
    """A WhatsApp Business Account on Meta's Cloud API.

    `verify_token` is repeated to Meta when the webhook is set up; `app_secret` is that of the app,
    which several accounts may share. `version` of the Graph API.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    channel: Literal[Channel.WHATSAPP]
    provider: Literal["meta"]
    senders: Annotated[tuple[MetaNumber, ...], Field(min_length=1, max_length=MOST_SENDERS)]
    HOSTS: ClassVar[tuple[str, ...]] = ("graph.facebook.com",)
    base_url: str = "https://graph.facebook.com"
    version: Annotated[str, Field(pattern=r"^v\d{2}\.0$")] = "v25.0"
    business_account_id: MetaId
    access_token: SecretRef
    app_secret: SecretRef
    verify_token: SecretRef
    answers_stop: Literal[False] = False  # nobody confirms a STOP on WhatsApp but we

    @property
    def name_there(self) -> str:
        return self.business_account_id

    @property
    def secrets(self) -> Mapping[str, str]:
        return {
            "access_token": self.access_token,
            "app_secret": self.app_secret,
            "verify_token": self.verify_token,
        }

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsNumber(SenderNumber):
    """`header`: what people in India see in the place of the number, and cannot reply to; the

    number is then where their replies arrive.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    header: Header | None = None

    @property
    def shown(self) -> str:
        return self.header or self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSmsAccount(TwilioAccount):
    """Twilio Programmable Messaging. `dlt`: what is registered in India for the headers."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    channel: Literal[Channel.SMS] = Channel.SMS
    senders: Annotated[tuple[SmsNumber, ...], Field(min_length=1, max_length=MOST_SENDERS)]
    dlt: Dlt | None = None

    def sender_of(self, number: str) -> SmsNumber | None:
        return next((one for one in self.senders if one.number == number), None)

    def may_say(self, text: str, sender: SmsNumber) -> bool:
        """Whether it is registered, where it must be."""
        if sender.header is None:
            return True
        return self.dlt is not None and self.dlt.template_of(text, sender.header) is not None


Ring = Annotated[Duration, Field(ge=timedelta(seconds=5), le=timedelta(seconds=60))]
CallersCome = Annotated[Duration, Field(ge=timedelta(0), le=timedelta(hours=1))]


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioVoiceAccount(TwilioAccount):
    """Twilio Programmable Voice. `ring`: how long; `machine_detection`: nothing is left on one.

    `callers_come`: where a switch passes callers on to us when their agent has hung up, how long
    they are waited for; who has not come by then is called.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    channel: Literal[Channel.IVR]
    answers_stop: bool = False
    ring: Ring = timedelta(seconds=25)
    machine_detection: bool = True
    callers_come: CallersCome = timedelta(0)

    @property
    def hold(self) -> timedelta:
        return self.callers_come


A = TypeVar("A", bound=type[Account])
_ADAPTERS: dict[tuple[str, str], TypeAdapter[Account]] = {}
_KINDS: dict[tuple[str, str], type[Account]] = {}


def register(channel: Channel, provider: str, kind: A) -> A:
    """Makes documents of this (channel, provider) accounts of that kind."""
    _ADAPTERS[(channel.value, provider)] = TypeAdapter(kind)
    _KINDS[(channel.value, provider)] = kind
    return kind


def kinds_of_account() -> list[type[Account]]:
    """One per channel and provider."""
    return list(_KINDS.values())


def _account(value: Any, info: ValidationInfo) -> Account:
    return account_of(value, tolerant=info.context == TOLERANT)


def account_of(value: Any, *, tolerant: bool = False) -> Account:
    """A document's meaning. Raises pydantic's `ValidationError`; one clear error if unknown.

    `tolerant`: what is stored may have fields that only a newer version knows.
    """
    if isinstance(value, Account):
        return value
    if not isinstance(value, Mapping):
        raise PydanticCustomError("account_type", "an account is a mapping of its fields")
    channel = value.get("channel", DEFAULTS[0])
    provider = value.get("provider", DEFAULTS[1])
    adapter = _ADAPTERS.get((str(channel), str(provider)))
    if adapter is None:
        known = ", ".join(f"{one} by {who}" for one, who in sorted(_ADAPTERS))
        told = {"channel": str(channel), "provider": str(provider), "known": known}
        message = "there is no {channel} by {provider}; there is {known}"
        error = PydanticCustomError("account_type", message, told)
        details = InitErrorDetails(type=error, loc=("provider",), input=provider)
        raise ValidationError.from_exception_data("account", [details])
    if tolerant:
        return adapter.validate_python(value, context=TOLERANT, extra="ignore")
    return adapter.validate_python(value)


register(Channel.SMS, "twilio", TwilioSmsAccount)
register(Channel.WHATSAPP, "meta", MetaWhatsAppAccount)
register(Channel.IVR, "twilio", TwilioVoiceAccount)
