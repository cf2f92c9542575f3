"""Contacts, locked with all that are the same person's: what is counted of one holds for all.

Persons first, then contacts, each in the order of their keys: nobody waits in a circle.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from msgspec import structs

from common.database import Connection
from common.errors import Retry
from common.events.calls import Outline
from orchestrator.domain.compiled import CompiledConfig
from orchestrator.domain.consent import yeses_of
from orchestrator.domain.contact import NOBODY, Contact
from orchestrator.domain.keys import Key
from orchestrator.domain.linking import Others, Told, as_one, follow, others_of, told_by
from orchestrator.repository.consent import contacts, ledger, links


class LinkedMeanwhile(Retry):
    """Somebody linked one of them while we waited for their row."""


@dataclass(frozen=True, slots=True)
class People:
    """Locked. `contacts` has those who have a row, and the other addresses of the same persons."""

    contacts: dict[Key, Contact]
    others: Others = field(default_factory=dict)

    def whole(self, key: Key) -> Contact:
        """With what holds by way of the person's other addresses."""
        contact, others = self.contacts.get(key, NOBODY), self.others.get(key)
        return as_one(contact, (self.contacts[one] for one in others)) if others else contact


async def lock(
    connection: Connection,
    keys: Collection[Key],
    config: CompiledConfig,
    interactions: Iterable[Outline] = (),
) -> People:
    """Follows what `interactions` tell. Statements of its own only where a workspace links

    customers. Raises `LinkedMeanwhile`.
    """
    linking = _linking(keys, config) if config.links_customers else frozenset()
    if not linking:
        return await _dated(connection, People(await contacts.lock(connection, keys)), config)
    told = told_by(one for one in interactions if one.workspace in linking)
    found = await lock_linked(connection, keys, told=told, wanted={})
    others = {key: of_key for key, of_key in found.others.items() if key[0] in linking}
    return await _dated(connection, People(found.contacts, others), config)


async def _dated(connection: Connection, people: People, config: CompiledConfig) -> People:
    """With when each yes was said: a statement more, only where one may be too old."""
    if not config.consent_expires:
        return people
    expiring = {name for name, one in config.workspaces.items() if one.consent_expires}
    agreed = [key for key, one in people.contacts.items() if one.granted and key[0] in expiring]
    told = await ledger.newest(connection, agreed) if agreed else {}
    for key, statements in told.items():
        contact = people.contacts[key]
        people.contacts[key] = structs.replace(contact, yeses=yeses_of(statements))
    return people


def _linking(keys: Iterable[Key], config: CompiledConfig) -> frozenset[str]:
    workspaces = {name: config.workspaces.get(name) for name in {name for name, _ in keys}}
    return frozenset(name for name, one in workspaces.items() if one and one.links_customers)


async def lock_linked(
    connection: Connection,
    keys: Collection[Key],
    *,
    told: Mapping[Key, Told],
    wanted: Mapping[Key, str | None],
    persons: Collection[Key] = (),
) -> People:
    """`told`: whose addresses some are, said by sources; these, and `wanted`, get a row. With those

    of `persons`.

    Raises `LinkedMeanwhile`.
    """
    whose = {*persons, *((key[0], one.person) for key, one in told.items())}
    whose |= await links.persons_of(connection, keys)
    if whose:
        await links.lock(connection, whose)
    members = await links.members(connection, whose) if whose else {}
    locked = await contacts.lock(connection, set(keys).union(*members.values()))
    missing = {key: wanted.get(key) for key in (*told, *wanted) if key not in locked}
    if missing:
        locked.update(await contacts.lock_or_insert(connection, missing))
    for key, one in locked.items():
        if one.link and one.link.person and (key[0], one.link.person) not in whose:
            raise LinkedMeanwhile("linked meanwhile")
    changed = follow(told, locked, members)
    if changed:
        await links.store(connection, changed)
    return People(locked, others_of(members))
