"""What a contact allowed and forbade, as bits: no query per guard."""

from collections.abc import Iterable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

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
RENEWED = 7  # places above the bit of a channel: its yes is newer than every no
CHANNELS = tuple(str(channel) for channel in BITS)


Yes: TypeAlias = tuple[int, datetime]  # the bit of its channel, and when it was said


class Statement(NamedTuple):
    """The newest of its state that a contact made about a channel, or that was made for them."""

    channel: str
    state: ConsentState
    occurred_at: datetime


def bits_held(statements: Iterable[Statement]) -> tuple[int, int]:
    """(withdrawn, granted) of all that a contact said, with the `DOUBTS` and what is `RENEWED`."""
    held = holding(statements)
    withdrawn, granted = bits_of((one.channel, one.state) for one in held)
    noes = [one.occurred_at for one in held if one.state is not ConsentState.GRANTED]
    for one in held if noes else ():
        if one.state is ConsentState.GRANTED and one.occurred_at > max(noes):
            granted |= BITS.get(one.channel, BITS[Channel.UNKNOWN]) << RENEWED
    return withdrawn, granted


def holding(statements: Iterable[Statement]) -> list[Statement]:
    """What holds on each channel: the newest, and at the same moment what is no grant.

    A doubt that was cleared does not count, so that what was said before it holds again.
    """
    told: dict[str, list[Statement]] = {}
    for one in statements:
        told.setdefault(one.channel, []).append(one)
    return [held for of in told.values() if (held := _held(of)) is not None]


def _held(statements: list[Statement]) -> Statement | None:
    of = {one.state: one for one in sorted(statements, key=_rank)}  # several may be unknown
    cleared, feared = of.pop(ConsentState.CLEARED, None), of.get(ConsentState.DOUBTED)
    if cleared and feared and feared.occurred_at <= cleared.occurred_at:
        del of[ConsentState.DOUBTED]
    return max(of.values(), key=_rank) if of else None


def _rank(one: Statement) -> tuple[datetime, bool, bool]:
    granted, withdrawn = ConsentState.GRANTED, ConsentState.WITHDRAWN
    return one.occurred_at, one.state is not granted, one.state is withdrawn


def yeses_of(statements: Iterable[Statement]) -> tuple[Yes, ...]:
    """Each that holds, and when it was said last: by the bit of its channel.

    In UTC, for an hour of summer time is no part of how long a yes is good.
    """
    return tuple(
        (BITS.get(one.channel, BITS[Channel.UNKNOWN]), one.occurred_at.astimezone(UTC))
        for one in holding(statements)
        if one.state is ConsentState.GRANTED
    )


def said_yes_at(yeses: Iterable[Yes], channel: Channel) -> datetime | None:
    """The last yes to this channel, or to all."""
    own = BITS[ALL] | BITS[channel]
    return max((at for bit, at in yeses if bit & own), default=None)


def forbidden(withdrawn: int, channel: str) -> bool:
    """A withdrawal for all channels is undone only by a grant for all, never by one channel's."""
    return bool(withdrawn & (BITS[ALL] | BITS.get(channel, BITS[Channel.UNKNOWN])))


def forbidden_elsewhere(withdrawn: int, granted: int, channel: Channel) -> str | None:
    """Where they said no, if that is a no to all channels; a later yes to this one holds."""
    if allowed(granted >> RENEWED, channel):
        return None
    return next((name for name in CHANNELS if withdrawn & BITS[name]), None)


def newly_refused(before: tuple[int, int], after: tuple[int, int], *, to_all: bool) -> int:
    """What is withdrawn now and was not; with `to_all` also when a yes is the newest no more."""
    (withdrawn, granted), (withdrawn_now, granted_now) = before, after
    if to_all and (granted & ~granted_now) >> RENEWED:
        return withdrawn_now
    return withdrawn_now & ~withdrawn


def never_renewed(granted: int) -> int:
    """As `granted`, for whom the noes of others count, too: nothing is newer than those."""
    return granted & ((1 << RENEWED) - 1)


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
