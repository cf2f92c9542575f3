"""What stands in the columns of people's addresses as it was before they were sealed."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from channel.store.schema import FIELDS, MESSAGE_ADDRESS, STEP, UNMATCHED_ADDRESS, Schema
from closed_loop.repository import messages
from common.database import Connection, Database, Row
from common.database.sealing import sealed
from common.sealing import Place, is_sealed
from ingest import repository as ingest
from orchestrator.repository import audiences
from orchestrator.repository.consent import contacts, do_not_contact
from orchestrator.repository.deciding import decisions, early

SENDERS = ("sms_sender", "ivr_gateway", "whatsapp_sender")
AT_ONCE = 500  # rows that are looked at, and written, in one transaction
LOOKED_AT = 20_000  # rows of a table, of those that were written first
_SEALED = {
    "text": "starts_with({column}, '@sealed:')",
    "bytea": "substr({column}, 1, 1) = '\\x01'",
    "jsonb": "jsonb_typeof({column}) = 'string' or {column} = '{{}}'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`keys`: of its table's primary key, with their types. `whose`: the contact that a value is

    about, where rows from long ago have no `contact_id` and are found by looking into them.
    """

    table: str
    name: str
    kind: str  # text, bytea, jsonb
    keys: Mapping[str, str]
    place: Place
    whose: Callable[[bytes], UUID | None] | None = None

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"

    @property
    def plain(self) -> str:
        """The condition of rows that have it as it was."""
        condition = _SEALED[self.kind].format(column=self.name)
        empty = f" and {self.name} <> ''" if self.kind == "text" else ""
        return f"{self.name} is not null{empty} and not ({condition})"


class _Who(msgspec.Struct):
    contact_id: UUID | None = None


class _Told(msgspec.Struct):
    interaction: _Who


class _Event(msgspec.Struct):
    data: _Told


def _of_event(value: bytes) -> UUID | None:
    return msgspec.json.decode(value, type=_Event).data.interaction.contact_id


def _of_report(value: bytes) -> UUID | None:
    return msgspec.json.decode(value, type=_Told).interaction.contact_id


_W, _ID = {"workspace": "text"}, {"id": "uuid"}
_CALL = {**_W, "interaction_id": "uuid"}


def _column(
    place: Place,
    keys: Mapping[str, str],
    kind: str = "text",
    whose: Callable[[bytes], UUID | None] | None = None,
) -> Column:
    table, _, name = place.rpartition(".")
    return Column(table=table, name=name, kind=kind, keys=keys, place=place, whose=whose)


COLUMNS: Sequence[Column] = (
    _column(contacts.ADDRESS, {**_W, **_ID}),
    _column(do_not_contact.ADDRESS, {**_W, "load": "bigint", "contact_id": "uuid"}),
    _column(audiences.PERSON, {**_W, "audience_id": "text", "contact_id": "uuid"}, "bytea"),
    _column(decisions.EVENT, _CALL, "bytea", _of_event),
    _column(early.EVENT, {**_CALL, "revision": "bigint"}, "bytea"),
    _column(ingest.REPORT, {**_CALL, "part": "uuid"}, "bytea", _of_report),
    *(
        Column(table=f"closed_loop.{table}", name="address", kind="text", keys=keys, place=place)
        for table, keys in (("calls", _CALL), ("messages", {**_W, **_ID}))
        for place in (messages.ADDRESS,)
    ),
    *(
        _column(Schema(schema).place(column), keys, kind)
        for schema in SENDERS
        for column, keys, kind in (
            (MESSAGE_ADDRESS, {**_W, "send_id": "uuid"}, "text"),
            (STEP, {**_W, "send_id": "uuid"}, "bytea"),
            (UNMATCHED_ADDRESS, {**_W, **_ID}, "text"),
            (FIELDS, {**_W, "account": "text", "event_key": "text"}, "jsonb"),
        )
    ),
)


async def there(connection: Connection) -> list[Column]:
    """Those whose table the database has."""
    found = await connection.fetch(
        "select t from unnest($1::text[]) as t where to_regclass(t) is not null",
        [column.table for column in COLUMNS],
    )
    tables = {row["t"] for row in found}
    return [column for column in COLUMNS if column.table in tables]


async def count(connection: Connection, column: Column) -> int:
    """How many of the rows that were written first have it as it was."""
    found: int = await connection.fetchval(
        f"select count(*) from (select {column.name} from {column.table}"  # noqa: S608 - ours
        f" limit {LOOKED_AT}) as first where {column.plain}"
    )
    return found


async def seal(db: Database, column: Column) -> AsyncIterator[tuple[int, int]]:
    """In the order of keys: (rows looked at, rows written) after each transaction.

    What somebody changes meanwhile is left to who looks again. Raises `Retry`.
    """
    after: Sequence[Any] | None = None
    while True:
        async with db.transaction() as connection:
            rows = await connection.fetch(_page(column, first=after is None), *(after or ()))
            plain = [row for row in rows if row["plain"]]
            written = await _write(connection, column, plain) if plain else 0
        yield len(rows), written
        if len(rows) < AT_ONCE:
            return
        after = [rows[-1][key] for key in column.keys]


def _page(column: Column, *, first: bool) -> str:
    keys = ", ".join(column.keys)
    given = ", ".join(f"${n}::{kind}" for n, kind in enumerate(column.keys.values(), 1))
    beyond = "" if first else f" where ({keys}) > ({given})"
    return (
        f"select {keys}, {column.name} as value, {column.plain} as plain"  # noqa: S608 - ours
        f" from {column.table}{beyond} order by {keys} limit {AT_ONCE}"
    )


async def _write(connection: Connection, column: Column, rows: Sequence[Row]) -> int:
    """How many still were as they are here."""
    before = [_as_text(row["value"]) if column.kind == "jsonb" else row["value"] for row in rows]
    given = [(row["workspace"], value) for row, value in zip(rows, before, strict=True)]
    after = await sealed(connection, column.place, given)
    assert all(map(is_sealed, after))
    kinds = [*column.keys.values(), column.kind, column.kind]
    names = [*column.keys, "before", "after"]
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(kinds, 1))
    values = [[row[key] for row in rows] for key in column.keys]
    values += [[row["value"] for row in rows], after]
    more = ""
    if column.whose is not None:
        values.append([column.whose(row["value"]) for row in rows])
        arrays, names = f"{arrays}, ${len(values)}::uuid[]", [*names, "whose"]
        more = f", contact_id = coalesce(t.contact_id, u.whose, '{decisions.NOBODY}')"
    same = " and ".join(f"t.{key} = u.{key}" for key in column.keys)
    done: str = await connection.execute(
        f"update {column.table} t set {column.name} = u.after{more}"  # noqa: S608 - ours
        f" from unnest({arrays}) as u ({', '.join(names)})"
        f" where {same} and t.{column.name} = u.before",
        *values,
    )
    return int(done.rpartition(" ")[2])


def _as_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
