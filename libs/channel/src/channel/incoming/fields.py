"""What a provider told, as the inbox keeps it: JSON, or sealed a string of it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from channel.incoming.entries import Callback
from channel.store.schema import FIELDS, Schema
from common.database import Connection, Row
from common.database.sealing import opened, sealed, sealing_of


async def sealed_fields(
    connection: Connection, schema: Schema, callbacks: Sequence[Callback]
) -> list[Any]:
    if not sealing_of(connection).seals:
        return [c.fields for c in callbacks]
    texts = [(c.workspace, msgspec.json.encode(c.fields).decode()) for c in callbacks]
    return list(await sealed(connection, schema.place(FIELDS), texts))


async def opened_fields(connection: Connection, schema: Schema, rows: Sequence[Row]) -> list[Any]:
    """Raises `LookupError`: they are stored, and wait for their key."""
    texts = [(r["workspace"], f) for r in rows if isinstance(f := r["fields"], str)]
    plain = iter(await opened(connection, schema.place(FIELDS), texts) if texts else ())
    found = [next(plain) if isinstance(row["fields"], str) else row["fields"] for row in rows]
    if None in found:
        raise LookupError("what a provider told does not open")
    return [msgspec.json.decode(one) if isinstance(one, str) else one for one in found]
