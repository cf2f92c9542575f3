"""What a sender must bring for the worker: somebody who carries messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from channel.outgoing.claims import Claimed, Lane
from channel.store.outcomes import Outcome, Report
from common.config import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A message that the provider says it has."""

    report: Report
    text: str
    created_at: datetime


class Carrier(Protocol):
    """Posts messages and looks for them afterwards. Its methods do not raise."""

    async def post(self, account: Account, lane: Lane, claimed: Claimed) -> Outcome:
        """One request. Must return `Ambiguous` whenever it might have been taken."""
        ...

    async def look_up(
        self, account: Account, lane: Lane, address: str, *, since: datetime
    ) -> Sequence[Listed] | None:
        """Messages from this sender to this address, or None when it cannot be asked now."""
        ...

    async def close(self) -> None:
        """Nothing is posted any more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """An unknown send to look for."""

    id: UUID
    text: str
    claimed_at: datetime


def found(lost: Lost, listed: Sequence[Listed], *, known: frozenset[str]) -> Report | None:
    """The provider's message that can only be this send: same text, right time, nobody else's.

    `known`: ids of messages that belong to other sends.
    """
    earliest = lost.claimed_at - timedelta(seconds=2)  # their clock, in whole seconds
    latest = lost.claimed_at + timedelta(minutes=5)
    for message in listed:
        mine = message.text == lost.text and earliest <= message.created_at <= latest
        if mine and message.report.provider_message_id not in known:
            return message.report
    return None


def ids_of(listed: Sequence[Listed]) -> list[str]:
    return [message.report.provider_message_id for message in listed]
