"""Hands messages to the provider of their account, and looks for them afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from channel.account_secrets import AccountSecrets
from channel.outgoing.claims import Claimed
from channel.outgoing.due import Lane
from channel.providers import Access, Listed, OutgoingMessage, Providers
from channel.store.outcomes import AccountRefused, Outcome, Report
from common import http
from common.config import Account
from common.time import Clock

_ClientKey = tuple[str, str, int]  # workspace, account, connections


@dataclass(slots=True, kw_only=True)
class Carrier:
    """One client per account: a provider that hangs takes connections of its own account only.

    `callbacks`: the public URL below which callbacks of this channel's accounts are taken.
    """

    callbacks: str
    providers: Providers
    secrets: AccountSecrets
    clock: Clock
    _clients: dict[_ClientKey, httpx.AsyncClient] = field(default_factory=dict)

    async def post(self, account: Account, lane: Lane, claimed: Claimed) -> Outcome:
        """One request. `Ambiguous` whenever it might have been taken."""
        try:
            access = self._access(account, lane)
        except LookupError as error:
            return AccountRefused(str(error))
        send = claimed.send
        message = OutgoingMessage(
            send_id=send.id,
            sender=lane.sender,
            to=claimed.address,
            content=claimed.content,
            validity=int((send.expires_at - self.clock()).total_seconds()),
            callbacks=f"{self.callbacks}/{account.id}",
        )
        return await self.providers[account.provider].send(access, message)

    async def look_up(
        self, account: Account, lane: Lane, address: str, *, since: datetime
    ) -> Sequence[Listed] | None:
        """Messages from this sender to this address, or None when it cannot be asked now."""
        try:
            access = self._access(account, lane)
        except LookupError:
            return None
        provider = self.providers[account.provider]
        return await provider.sent(access, sender=lane.sender, to=address, since=since)

    async def close(self) -> None:
        """Nothing is posted any more."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _access(self, account: Account, lane: Lane) -> Access[Any]:
        """Raises `LookupError` in words: no request of it may leave."""
        known = self.secrets.for_requests(lane.workspace, account)
        key = (lane.workspace, account.id, account.in_flight)
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = http.client(connections=account.in_flight + 1)
        return Access(account=account, secrets=known, http=client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An unknown send to look for. `text`: None where its content has no words of its own."""

    id: UUID
    text: str | None
    claimed_at: datetime


def found(lost: Lost, listed: Sequence[Listed], *, known: frozenset[str]) -> Report | None:
    """The provider's message that can only be this send: our reference, else same text and time.

    A call has no text: nobody is called twice within minutes.

    `known`: ids of messages that belong to other sends.
    """
    earliest = lost.claimed_at - timedelta(seconds=2)  # their clock, in whole seconds
    latest = lost.claimed_at + timedelta(minutes=5)
    for message in listed:
        if message.send_id is not None:
            mine = message.send_id == lost.id
        else:
            same = message.by_time or (message.text is not None and message.text == lost.text)
            mine = same and earliest <= message.created_at <= latest
        if mine and message.report.provider_message_id not in known:
            return message.report
    return None


def ids_of(listed: Sequence[Listed]) -> list[str]:
    return [message.report.provider_message_id for message in listed]
