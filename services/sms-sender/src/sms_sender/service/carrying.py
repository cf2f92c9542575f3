"""Hands texts to the provider of their account."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from channel.outgoing.carriers import Listed
from channel.outgoing.claims import Claimed, Lane
from channel.store.outcomes import AccountRefused, Outcome
from common import http
from common.config import Account
from common.time import Clock
from sms_sender.providers import Access, Sms
from sms_sender.providers.registry import PROVIDERS
from sms_sender.service.tokens import Tokens

_Key = tuple[str, str, int]  # workspace, account, connections


@dataclass(slots=True, kw_only=True)
class SmsCarrier:
    """One client per account: a provider that hangs takes connections of its own account only."""

    public_url: str
    tokens: Tokens
    clock: Clock
    _clients: dict[_Key, httpx.AsyncClient] = field(default_factory=dict)

    async def post(self, account: Account, lane: Lane, claimed: Claimed) -> Outcome:
        try:
            access = self._access(account, lane)
        except LookupError as error:
            return AccountRefused(str(error))
        send = claimed.send
        sms = Sms(
            sender=lane.sender,
            to=claimed.address,
            text=claimed.text,
            validity=int((send.expires_at - self.clock()).total_seconds()),
            status_url=f"{self.public_url}/v1/sms/callbacks/{account.id}/status/{send.id}",
        )
        return await PROVIDERS[account.provider].send(access, sms)

    async def look_up(
        self, account: Account, lane: Lane, address: str, *, since: datetime
    ) -> Sequence[Listed] | None:
        try:
            access = self._access(account, lane)
        except LookupError:
            return None
        provider = PROVIDERS[account.provider]
        return await provider.sent(access, sender=lane.sender, to=address, since=since)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _access(self, account: Account, lane: Lane) -> Access:
        key = (lane.workspace, account.id, account.in_flight)
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = http.client(connections=account.in_flight + 1)
        return Access(account=account, token=self.tokens.of(account), http=client)
