"""Reads whose shape depends on what is asked: built with SQLAlchemy Core, run on our connections.

One pool, one way to open a transaction, one place where the driver's errors become `Retry`: so a
statement is compiled for asyncpg here and no engine is needed (docs/decisions/0002 has what that
costs). Values go to the driver as they are, and rows come back as it makes them.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, any_, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql import ClauseElement

from common.database.pool import Connection, Row

_DIALECT: Final[Any] = PGDialect_asyncpg()  # type: ignore[no-untyped-call]


def compiled(statement: ClauseElement) -> tuple[str, list[Any]]:
    """The text with `$1`, `$2`, ... and their values."""
    found: Any = statement.compile(dialect=_DIALECT)  # of a `Select`: its values have an order
    return str(found), [found.params[name] for name in found.positiontup]


async def fetch(connection: Connection, statement: ClauseElement) -> list[Row]:
    text, values = compiled(statement)
    rows: list[Row] = await connection.fetch(text, *values)
    return rows


def one_of(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """`column = any($1)`: one statement however many values, where `in` would be one for each."""
    given: ColumnElement[Any] = any_(literal(list(values), ARRAY(column.type)))
    found: ColumnElement[bool] = column == given
    return found
