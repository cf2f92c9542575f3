"""Which addresses are one person's: by the customer id that sources tell, or because somebody said.

Asks and opt-outs of a person are those of all their addresses.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, TypeAlias
from uuid import UUID

from msgspec import structs

from common.events.calls import Outline
from orchestrator.domain.consent import never_renewed
from orchestrator.domain.contact import Contact, Link
from orchestrator.domain.keys import Key, in_order

MOST = 20  # addresses of a person; a customer id that more of them have is nobody's
Members: TypeAlias = dict[Key, set[Key]]  # (workspace, person) -> contacts
Others: TypeAlias = Mapping[Key, tuple[Key, ...]]  # contact -> the person's other ones
ALONE: Others = MappingProxyType({})


class Told(NamedTuple):
    """Whose address a source says it is. The newest counts, of the same time the larger id."""

    at: datetime
    person: UUID

    def is_newer(self, than: "Told | None") -> bool:
        if than is None:
            return True
        return (self.at, self.person.int) > (than.at, than.person.int)


def told_by(interactions: Iterable[Outline]) -> dict[Key, Told]:
    """The newest of each contact."""
    found: dict[Key, Told] = {}
    for one in interactions:
        if one.person_id is None or one.contact_id is None or one.test:
            continue
        key, told = (one.workspace, one.contact_id), Told(one.ended_at, one.person_id)
        if told.is_newer(found.get(key)):
            found[key] = told
    return found


def follow(
    told: Mapping[Key, Told], contacts: dict[Key, Contact], members: Members
) -> dict[Key, Link]:
    """The links that change, put into `contacts` and `members`, which have all of `told`."""
    changed: dict[Key, Link] = {}
    for key in in_order(told):
        contact, one = contacts[key], told[key]
        before = contact.link
        if before is not None and (before.by_hand or not one.is_newer(_told(before))):
            continue
        if contact.erased_at is not None and one.at <= contact.erased_at:
            continue
        of_person = members.setdefault((key[0], one.person), set())
        if key not in of_person and len(of_person) >= MOST:
            continue
        if before is not None and before.person is not None:
            members[key[0], before.person].discard(key)
        of_person.add(key)
        changed[key] = Link(one.person, one.at)
        contacts[key] = structs.replace(contact, link=changed[key])
    return changed


def _told(link: Link) -> Told | None:
    return Told(link.at, link.person) if link.person is not None else None


def others_of(members: Members) -> dict[Key, tuple[Key, ...]]:
    """Of everybody who is not alone."""
    return {
        one: tuple(other for other in of_person if other != one)
        for of_person in map(in_order, members.values())
        if len(of_person) > 1
        for one in of_person
    }


def said_of(contact: Key, words: Mapping[Key, str], others: Others) -> str | None:
    """What is said of this address, else of another one of the person."""
    if contact in words:
        return words[contact]
    told = next((words[one] for one in others.get(contact, ()) if one in words), None)
    return f"{told}, by another address of theirs" if told else None


def as_one(contact: Contact, others: Iterable[Contact]) -> Contact:
    """The contact with what the person was asked, and forbade, by way of their other addresses."""
    found = [contact, *others]
    withdrawn = 0
    for one in found:
        withdrawn |= one.withdrawn
    alone = not any(one.withdrawn for one in found[1:])
    return structs.replace(
        contact,
        withdrawn=withdrawn,
        granted=contact.granted if alone else never_renewed(contact.granted),
        asks=tuple(sorted((ask for one in found for ask in one.asks), key=lambda ask: ask.at)),
        waiting=frozenset().union(*(one.waiting for one in found)),
    )
