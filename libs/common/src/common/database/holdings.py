"""All that a service's tables hold about one contact, row by row: for the person who asks."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec

from common.database import Connection
from common.database.sealing import opened_rows
from common.errors import Problem
from common.sealing import Place

MOST = 5_000  # rows of a table


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """`tables`: rows by table, as they are; `cut`: tables that hold more than is told."""

    contact_id: UUID
    workspace: str
    tables: Mapping[str, Sequence[Mapping[str, Any]]]
    cut: Sequence[str]


async def held(
    connection: Connection,
    statements: Mapping[str, str],
    workspace: str,
    contact: UUID,
    *,
    sealed: Mapping[str, Mapping[str, Place]] = MappingProxyType({}),
) -> Held:
    """By table a statement, of which `$1` is the workspace and `$2` the contact.

    `sealed`: by table, which of its columns are.
    """
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name, statement in statements.items():
        rows = await connection.fetch(f"{statement} limit {MOST + 1}", workspace, contact)
        found[name] = await opened_rows(
            connection, workspace, rows, sealed.get(name, {}), else_sealed=True
        )
    return held_in(found, workspace, contact)


def held_in(rows: Mapping[str, Sequence[Mapping[str, Any]]], workspace: str, contact: UUID) -> Held:
    return Held(
        contact_id=contact,
        workspace=workspace,
        tables={name: [_shown(row) for row in some[:MOST]] for name, some in rows.items()},
        cut=[name for name, some in rows.items() if len(some) > MOST],
    )


def known(found: Held) -> Held:
    """Raises `Problem` 404 where there is nothing."""
    if not any(found.tables.values()):
        raise Problem(404, "Nothing is held about this contact")
    return found


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _readable(value) for name, value in row.items()}


def _readable(value: Any) -> Any:
    """Bytes of ours are JSON, nearly always."""
    if not isinstance(value, bytes):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return b64encode(value).decode()
