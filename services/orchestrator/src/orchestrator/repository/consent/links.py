"""`orchestrator.persons`, and whose address a contact is.

Lock order: persons, then contacts, then invitations. Who holds a person's row may rely on which
contacts are theirs: whoever links or unlinks one holds it, too.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from common.database import Connection
from common.database.sealing import opened_rows
from orchestrator.domain.contact import Link
from orchestrator.domain.keys import Key, columns, in_order
from orchestrator.domain.linking import Members
from orchestrator.repository.by_keys import ByKeys
from orchestrator.repository.consent import contacts

_OF = ByKeys(
    "select distinct workspace, person from orchestrator.contacts c {keys} and person is not null"
)
_LOCK = ByKeys(
    "select p.id from orchestrator.persons p {keys} order by workspace, id for update of p"
)
_FREE = ByKeys(
    "select p.workspace, p.id from orchestrator.persons p {keys} for update of p skip locked"
)
_MEMBERS = ByKeys(
    "select workspace, id, person from orchestrator.contacts {keys}", identity="person"
)


async def persons_of(connection: Connection, contacts: Collection[Key]) -> set[Key]:
    """Locks nothing: look again once they are locked."""
    return {(row["workspace"], row["person"]) for row in await _OF.fetch(connection, contacts)}


async def lock(connection: Connection, persons: Collection[Key]) -> None:
    """All of them, in the order of their keys; who is new gets a row."""
    await connection.execute(
        "insert into orchestrator.persons select * from unnest($1::text[], $2::uuid[])"
        " on conflict do nothing",
        *columns(in_order(persons)),
    )
    await _LOCK.fetch(connection, persons)


async def members(connection: Connection, persons: Collection[Key]) -> Members:
    """Of locked ones."""
    found: Members = {}
    for row in await _MEMBERS.fetch(connection, persons):
        found.setdefault((row["workspace"], row["person"]), set()).add(
            (row["workspace"], row["id"])
        )
    return found


async def held(connection: Connection, contacts_of: Collection[Key]) -> set[Key]:
    """Those of them whose person, or another address of it, somebody else has locked."""
    persons = await persons_of(connection, contacts_of)
    if not persons:
        return set()
    free = {(row["workspace"], row["id"]) for row in await _FREE.fetch(connection, persons)}
    whose = await members(connection, persons)
    locked = await contacts.held(connection, {one for of in whose.values() for one in of})
    return {
        one
        for person, of_person in whose.items()
        if person not in free or of_person & locked
        for one in of_person & set(contacts_of)
    }


async def store(connection: Connection, links: Mapping[Key, Link]) -> None:
    """Of locked contacts, the persons' rows locked."""
    await connection.execute(
        "update orchestrator.contacts c set person = u.person, linked_at = u.at,"
        " linked_by_hand = u.by_hand from unnest($1::text[], $2::uuid[], $3::uuid[],"
        " $4::timestamptz[], $5::boolean[]) as u (workspace, id, person, at, by_hand)"
        " where c.workspace = u.workspace and c.id = u.id",
        *columns(links),
        [link.person for link in links.values()],
        [link.at for link in links.values()],
        [link.by_hand for link in links.values()],
    )


async def others(connection: Connection, workspace: str, contact: UUID) -> list[dict[str, Any]]:
    """The person's other contacts, for reading only."""
    rows = await connection.fetch(
        "select o.id, o.address from orchestrator.contacts c"
        " join orchestrator.contacts o on o.workspace = c.workspace and o.person = c.person"
        " where c.workspace = $1 and c.id = $2 and o.id <> c.id order by o.id",
        workspace,
        contact,
    )
    return await opened_rows(connection, workspace, rows, {"address": contacts.ADDRESS})


async def of_person(connection: Connection, workspace: str, person: UUID) -> list[dict[str, Any]]:
    """Their contacts, for reading only."""
    rows = await connection.fetch(
        "select id, address from orchestrator.contacts where workspace = $1 and person = $2"
        " order by id",
        workspace,
        person,
    )
    return await opened_rows(connection, workspace, rows, {"address": contacts.ADDRESS})


async def drop(connection: Connection, persons: Collection[Key]) -> None:
    """Of whom nothing is left."""
    await connection.execute(
        "delete from orchestrator.persons where (workspace, id)"
        " in (select * from unnest($1::text[], $2::uuid[]))",
        *columns(persons),
    )
