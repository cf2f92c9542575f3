"""What a contact allowed and forbade, as bits: no query per guard."""

from collections.abc import Iterable
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from common.events.consent import ConsentState
from common.events.values import Channel

ALL = "all"  # every channel, also those to come
BITS = MappingProxyType(
    {
        ALL: 1,
        Channel.SMS: 2,
        Channel.IVR: 4,
        Channel.WHATSAPP: 8,
        Channel.EMAIL: 16,
        Channel.WEB: 32,
        Channel.UNKNOWN: 64,  # one that this version did not know when it read the statement
    }
)
DOUBTS = 7  # places above the bit of a channel: its withdrawal is only feared
CHANNELS = tuple(str(channel) for channel in BITS)


class Statement(NamedTuple):
    """The newest of its state that a contact made about a channel, or that was made for them."""

    channel: str
    state: ConsentState
    occurred_at: datetime


def holding(statements: Iterable[Statement]) -> list[tuple[str, ConsentState]]:
    """What holds on each channel: the newest, and at the same moment what is no grant.

    A doubt that was cleared does not count, so that what was said before it holds again.
    """
    told: dict[str, list[Statement]] = {}
    for one in statements:
        told.setdefault(one.channel, []).append(one)
    return [(channel, held) for channel, of in told.items() if (held := _held(of)) is not None]


def _held(statements: list[Statement]) -> ConsentState | None:
    of = {one.state: one for one in sorted(statements, key=_rank)}  # several may be unknown
    cleared, feared = of.pop(ConsentState.CLEARED, None), of.get(ConsentState.DOUBTED)
    if cleared and feared and feared.occurred_at <= cleared.occurred_at:
        del of[ConsentState.DOUBTED]
    return max(of.values(), key=_rank).state if of else None


def _rank(one: Statement) -> tuple[datetime, bool, bool]:
    granted, withdrawn = ConsentState.GRANTED, ConsentState.WITHDRAWN
    return one.occurred_at, one.state is not granted, one.state is withdrawn


def forbidden(withdrawn: int, channel: str) -> bool:
    """A withdrawal for all channels is undone only by a grant for all, never by one channel's."""
    return bool(withdrawn & (BITS[ALL] | BITS.get(channel, BITS[Channel.UNKNOWN])))


def doubted(withdrawn: int, channel: Channel) -> bool:
    """Nobody said no for sure, and nobody looked yet."""
    sure = withdrawn & (BITS[ALL] | BITS[channel])
    return bool(sure) and not sure & ~(withdrawn >> DOUBTS)


def in_doubt(withdrawn: int) -> bool:
    """They may have said no, on whatever channel: until somebody looks they are asked on none."""
    return withdrawn >> DOUBTS != 0


def allowed(granted: int, channel: Channel) -> bool:
    """The person said yes to this channel, or to all."""
    return bool(granted & (BITS[ALL] | BITS[channel]))


def bits_of(states: Iterable[tuple[str, ConsentState]]) -> tuple[int, int]:
    """(withdrawn, granted) of the newest state per channel, with the `DOUBTS`.

    A state that this version does not know is no yes, so it is a no. Statements about channels
    that it does not know share a bit: whoever adds a channel reads the ledger anew for those.
    """
    withdrawn = granted = 0
    for channel, state in states:
        bit = BITS.get(channel, BITS[Channel.UNKNOWN])
        if state is ConsentState.GRANTED:
            granted |= bit
        else:
            withdrawn |= bit | (bit << DOUBTS if state is ConsentState.DOUBTED else 0)
    return withdrawn, granted
