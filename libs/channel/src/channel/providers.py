"""What a sender brings for each of its providers, and what passes between the two."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import httpx

from channel.content import Content
from channel.store.outcomes import InboundMessage, Outcome, Report
from common.config import Account

A = TypeVar("A", bound=Account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access(Generic[A]):
    """An account with its secrets, and a client of its own: others' trouble takes no connection."""

    account: A
    secrets: Mapping[str, str]  # by field of the account
    http: httpx.AsyncClient


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """`validity` in seconds: how long the provider may keep trying.

    `callbacks`: the URL below which the account's callbacks are taken; a provider that can have
    one per message puts `send_id` into it.
    """

    send_id: UUID
    sender: str
    to: str
    content: Content
    validity: int
    callbacks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A message that the provider says it has. `send_id`, where it keeps a reference of ours.

    `by_time`: it has no text to be known by, as a call.
    """

    report: Report
    created_at: datetime
    text: str | None = None
    send_id: UUID | None = None
    by_time: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What became of trying them. `status` of HTTP, None when nobody answered; `date` is theirs.

    `expires_at`: when they end, where the provider tells.
    """

    said: str  # in the provider's word or ours, never a secret
    status: int | None = None
    date: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequest:
    """As it came. `url` is the public one, which is what providers sign.

    `what` is the part of the path after the account, such as `status`; `send_id` the one after it.
    """

    url: str
    what: str
    send_id: UUID | None
    headers: Mapping[str, str]
    body: bytes
    method: str = "POST"  # GET: the provider asks whether we are who it was told


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackResponse:
    """What the provider is answered; where it waits for content, that content in its words."""

    status: int = 204
    body: bytes = b""
    media_type: str | None = None


class CallbackKind(StrEnum):
    STATUS = "status"  # of a message of ours
    MESSAGE = "message"  # from a person
    ACCOUNT = "account"  # of nobody's message: something of the account has changed


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """One of the things that a request tells.

    `key`: the same for every copy of it, and for nothing else of this account. `address` is the
    person's, whatever the direction. `contact_id`: who it is, where our own URL names them.
    `about`: the interaction that it is about, where a switch says so: the source, and what that
    calls it. `account`: the provider's name of the account, where one request may tell of several;
    None: the one that the URL names. `awaits_content`: the request is answered with what to say
    next, and a copy of it with the same again.
    """

    kind: CallbackKind
    key: str
    address: str
    message_id: str  # the provider's name of the message
    fields: Mapping[str, Any]  # as they came; `report` and `inbound` read them
    our_number: str | None = None
    contact_id: UUID | None = None
    about: tuple[str, str] | None = None
    account: str | None = None
    send_id: UUID | None = None
    awaits_content: bool = False


class Provider(Protocol[A]):
    """Sends content and reads callbacks. Nothing here raises for what a provider does."""

    async def send(self, access: Access[A], message: OutgoingMessage) -> Outcome:
        """One request. `Ambiguous` whenever it might have been taken."""
        ...

    async def sent(
        self, access: Access[A], *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        """Its recent messages from this number to that one; None when it cannot be asked now."""
        ...

    async def credentials(self, access: Access[A]) -> Credentials:
        """Tries them by a request that changes nothing."""
        ...

    def verify(self, request: CallbackRequest, account: A, secrets: Mapping[str, str]) -> bool:
        """Signed by this account, over the raw request. Comes before everything else."""
        ...

    def signed_by(self, account: A, secrets: Mapping[str, str]) -> Hashable:
        """All that `verify` looks at beside the request: what is equal is checked once."""
        ...

    def read(self, request: CallbackRequest) -> Sequence[ProviderEvent] | None:
        """What a genuine request tells; None when there is no such callback."""
        ...

    def report(self, fields: Mapping[str, Any]) -> Report | None:
        """What a stored status tells; None for what changes nothing."""
        ...

    def inbound(self, fields: Mapping[str, Any]) -> InboundMessage | None:
        """What a person wrote, said or pressed."""
        ...

    def respond(self, request: CallbackRequest, content: Content | None) -> CallbackResponse:
        """To what is stored. `content`: what to say next, if the request waits for it."""
        ...


Providers = Mapping[str, Provider[Any]]  # by the accounts' `provider`
