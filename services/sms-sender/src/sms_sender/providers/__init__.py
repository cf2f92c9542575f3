"""Who carries our texts: one file each, and the list of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import httpx

from channel.outgoing.carriers import Listed
from channel.store.outcomes import Inbound, Outcome, Report
from common.config import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """`validity` in seconds: how long the provider may keep trying."""

    sender: str
    to: str
    text: str
    validity: int
    status_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """An account with its secret, and a client of its own: others' trouble takes no connection."""

    account: Account
    token: str
    http: httpx.AsyncClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A callback as it came; `url` is the public one, which is what providers sign."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What became of trying them. `status` of HTTP, None when nobody answered; `date` is theirs."""

    said: str  # in the provider's word or ours, never a secret
    status: int | None = None
    date: datetime | None = None


Pairs = Sequence[tuple[str, str]]  # names may come twice


class SmsProvider(Protocol):
    """Sends texts and reads callbacks. Nothing here raises for what a provider does."""

    async def send(self, access: Access, sms: Sms) -> Outcome: ...

    async def sent(
        self, access: Access, *, sender: str, to: str, since: datetime
    ) -> Sequence[Listed] | None:
        """Its recent messages from this number to that one; None when it cannot be asked now."""
        ...

    async def credentials(self, access: Access) -> Credentials:
        """Tries them by a request that changes nothing."""
        ...

    def parse(self, request: Request) -> Pairs | None:
        """The callback's fields as they came; None when it is none of this provider's."""
        ...

    def is_genuine(self, request: Request, pairs: Pairs, account: Account, token: str) -> bool:
        """Signed by this account, over the raw request."""
        ...

    def event_key(self, fields: Mapping[str, str]) -> str | None:
        """The same for every copy of a callback; None when it names no message."""
        ...

    def report(self, fields: Mapping[str, str]) -> Report | None:
        """What a status callback tells; None for what changes nothing."""
        ...

    def inbound(self, fields: Mapping[str, str]) -> Inbound | None:
        """What a person wrote."""
        ...

    def address(self, fields: Mapping[str, str]) -> str:
        """The person's number, in callbacks of both kinds."""
        ...
