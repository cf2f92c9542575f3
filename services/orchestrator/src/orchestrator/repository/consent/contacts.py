"""`orchestrator.contacts`: locked before anything is read that a decision depends on."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from common.database import Connection
from common.database.sealing import opened_rows, sealed
from common.sealing import Place
from orchestrator.domain.contact import Ask, Contact, Link
from orchestrator.domain.keys import Key, columns, in_order, items_in_order
from orchestrator.repository.by_keys import ByKeys

ADDRESS = Place("orchestrator.contacts.address")
_asks = msgspec.msgpack.Decoder(tuple[Ask, ...])
_LOCK = ByKeys(
    "select workspace, id, withdrawn, granted, asks, unreachable, unreachable_since, erased_at,"
    " person, linked_at, linked_by_hand from orchestrator.contacts c {keys}"
    " order by workspace, id for update of c"
)
_THERE = ByKeys("select workspace, id from orchestrator.contacts c {keys}")
_FREE = ByKeys(
    "select workspace, id from orchestrator.contacts c {keys} for update of c skip locked"
)
_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")


def of_row(row: Mapping[str, Any]) -> Contact:
    asks = row["asks"]
    return Contact(
        withdrawn=row["withdrawn"],
        granted=row["granted"],
        asks=_asks.decode(asks) if asks else (),
        unreachable=row["unreachable"],
        unreachable_since=row["unreachable_since"],
        erased_at=row["erased_at"],
        link=link_of(row),
    )


def link_of(row: Mapping[str, Any]) -> Link | None:
    at = row["linked_at"]
    return Link(row["person"], at, row["linked_by_hand"]) if at is not None else None


async def lock(connection: Connection, keys: Collection[Key]) -> dict[Key, Contact]:
    """The contacts among `keys` that exist, locked in the order of their keys."""
    rows = await _LOCK.fetch(connection, keys)
    return {(row["workspace"], row["id"]): of_row(row) for row in rows}


async def held(connection: Connection, keys: Collection[Key]) -> set[Key]:
    """Those of them that somebody else has locked. What is free is locked, for a moment."""
    there = await _THERE.fetch(connection, keys)
    free = await _FREE.fetch(connection, keys)
    return {(row["workspace"], row["id"]) for row in there} - {
        (row["workspace"], row["id"]) for row in free
    }


async def lock_or_insert(
    connection: Connection, wanted: Mapping[Key, str | None]
) -> dict[Key, Contact]:
    """All of `wanted` (with their addresses, where known), locked.

    A lock on a row that does not exist holds nothing: what is missing is inserted, and what
    somebody else inserted meanwhile is locked by a second look.
    """
    found = await lock(connection, wanted)
    missing = in_order(wanted.keys() - found.keys())
    if not missing:
        return found
    rows = await connection.fetch(
        "insert into orchestrator.contacts (workspace, id, address)"
        " select * from unnest($1::text[], $2::uuid[], $3::text[])"
        " on conflict (workspace, id) do nothing returning workspace, id",
        *columns(missing),
        await _sealed(connection, missing, [wanted[one] for one in missing]),
    )
    inserted = {(row["workspace"], row["id"]) for row in rows}  # ours alone until we commit
    found.update((one, Contact()) for one in inserted)
    if len(inserted) < len(missing):
        found.update(await lock(connection, set(missing) - inserted))
    return found


async def insert(
    connection: Connection, contacts: Mapping[Key, tuple[str | None, Contact]]
) -> None:
    """People who are asked for the first time: their addresses and facts.

    Raises asyncpg's `UniqueViolationError` when somebody else inserted one of them.
    """
    ordered = items_in_order(contacts)
    addresses = await _sealed(
        connection, [key for key, _ in ordered], [address for _, (address, _) in ordered]
    )
    rows = [
        (*key, address, _encoder.encode(facts.asks))
        for (key, (_, facts)), address in zip(ordered, addresses, strict=True)
    ]
    await connection.copy_records_to_table(
        "contacts",
        schema_name="orchestrator",
        columns=("workspace", "id", "address", "asks"),
        records=rows,
    )


async def store_asks(
    connection: Connection, contacts: Mapping[Key, tuple[str | None, Contact]]
) -> None:
    """Writes the slots of locked contacts; an address, if told, fills a row that had none."""
    keys = in_order(contacts)
    await connection.execute(
        "update orchestrator.contacts c"
        " set asks = u.asks, address = coalesce(c.address, u.address)"
        " from unnest($1::text[], $2::uuid[], $3::bytea[], $4::text[])"
        " as u (workspace, id, asks, address) where c.workspace = u.workspace and c.id = u.id",
        *columns(keys),
        [_encoder.encode(contacts[one][1].asks) for one in keys],
        await _sealed(connection, keys, [contacts[one][0] for one in keys]),
    )


async def store_consent(connection: Connection, bits: Mapping[Key, tuple[int, int]]) -> None:
    """(withdrawn, granted) of locked contacts."""
    await connection.execute(
        "update orchestrator.contacts c set withdrawn = u.withdrawn, granted = u.granted"
        " from unnest($1::text[], $2::uuid[], $3::int[], $4::int[])"
        " as u (workspace, id, withdrawn, granted)"
        " where c.workspace = u.workspace and c.id = u.id",
        *columns(bits),
        [withdrawn for withdrawn, _ in bits.values()],
        [granted for _, granted in bits.values()],
    )


async def store_unreachable(
    connection: Connection, bits: Mapping[Key, tuple[int, datetime | None]]
) -> None:
    """(channels, since when) of locked contacts."""
    await connection.execute(
        "update orchestrator.contacts c"
        " set unreachable = u.unreachable, unreachable_since = u.since"
        " from unnest($1::text[], $2::uuid[], $3::int[], $4::timestamptz[])"
        " as u (workspace, id, unreachable, since)"
        " where c.workspace = u.workspace and c.id = u.id",
        *columns(bits),
        [unreachable for unreachable, _ in bits.values()],
        [since for _, since in bits.values()],
    )


async def erase(connection: Connection, workspace: str, contact: UUID, erased_at: datetime) -> None:
    """Of a locked contact; what they allow stays."""
    await connection.execute(
        "update orchestrator.contacts set address = null, asks = null, unreachable = 0,"
        " unreachable_since = null, erased_at = $3, person = null, linked_at = null,"
        " linked_by_hand = false where workspace = $1 and id = $2",
        workspace,
        contact,
        erased_at,
    )


async def known(connection: Connection, workspace: str, ids: Collection[UUID]) -> set[UUID]:
    """Those of `ids` that are contacts of the workspace."""
    rows = await connection.fetch(
        "select id from orchestrator.contacts where workspace = $1 and id = any($2)",
        workspace,
        list(ids),
    )
    return {row["id"] for row in rows}


async def find(connection: Connection, workspace: str, contact: UUID) -> Mapping[str, Any] | None:
    """For reading only."""
    rows = await connection.fetch(
        "select address, withdrawn, granted, asks, unreachable, unreachable_since, erased_at,"
        " person, linked_at, linked_by_hand from orchestrator.contacts"
        " where workspace = $1 and id = $2",
        workspace,
        contact,
    )
    found = await opened_rows(connection, workspace, rows, {"address": ADDRESS})
    return found[0] if found else None


async def _sealed(
    connection: Connection, keys: Sequence[Key], addresses: Sequence[str | None]
) -> list[str | None]:
    whose = [workspace for workspace, _ in keys]
    return await sealed(connection, ADDRESS, zip(whose, addresses, strict=True))
