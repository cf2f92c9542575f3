"""A contact's facts that guards read, and how a decision changes them."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec import structs

from common.events.calls import Outline
from orchestrator.domain.consent import Yes

KEPT = 1_000  # asks remembered at most: the highest number that a cap can name


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """A slot that a planned ask holds. Stored in the contact's row in this field order."""

    invitation_id: UUID
    at: datetime  # when the ask is due: caps count from here
    ended_at: datetime  # of the interaction it is about
    flow: str
    metric: str
    counts: bool = True  # False: a test number's, which no cap counts
    survey: str = ""  # "": of a version that did not remember it


class Link(NamedTuple):
    """Whose address it is, as told `at` that time.

    `by_hand`: somebody said so, over what sources tell; without a person: it is nobody else's.
    """

    person: UUID | None
    at: datetime
    by_hand: bool = False


class Contact(msgspec.Struct, frozen=True, gc=False):
    """`withdrawn` and `granted` are bits of `domain.consent`.

    `waiting` names the invitations among `asks` that are certainly not out yet. `unreachable`:
    channels, in such bits, on which a provider said that the number is dead. `erased_at`: until
    then nothing about them is known, nor to be. `yeses`: read only where one may be too old.
    """

    withdrawn: int = 0
    granted: int = 0
    asks: tuple[Ask, ...] = ()
    waiting: frozenset[UUID] = frozenset()
    unreachable: int = 0
    unreachable_since: datetime | None = None
    erased_at: datetime | None = None
    link: Link | None = None
    yeses: tuple[Yes, ...] = ()


NOBODY = Contact()


def replaced_by(interaction: Outline, contact: Contact) -> tuple[Ask, ...]:
    """The asks that step back when this interaction is asked about: unsent, of an older one."""
    if not contact.waiting:
        return ()
    return tuple(
        ask
        for ask in contact.asks
        if ask.invitation_id in contact.waiting and ask.ended_at <= interaction.ended_at
    )


def after_asking(
    contact: Contact, ask: Ask, *, instead_of: tuple[Ask, ...], waits: bool, horizon: timedelta
) -> Contact:
    """The facts once `ask` is planned; slots older than `horizon` (no cap counts them) go."""
    if not contact.asks:
        waiting = frozenset((ask.invitation_id,)) if waits else contact.waiting
        return structs.replace(contact, asks=(ask,), waiting=waiting)
    oldest = ask.at - horizon
    kept = [one for one in contact.asks if one.at > oldest and one not in instead_of]
    waiting = contact.waiting.difference(one.invitation_id for one in instead_of)
    return structs.replace(
        contact,
        asks=(*kept[1 - KEPT :], ask),
        waiting=waiting | {ask.invitation_id} if waits else waiting,
    )


def released(contact: Contact, invitations: frozenset[UUID]) -> Contact:
    """The facts once nothing went out for these invitations: their slots are free again."""
    return structs.replace(
        contact,
        asks=tuple(ask for ask in contact.asks if ask.invitation_id not in invitations),
        waiting=contact.waiting - invitations,
    )
