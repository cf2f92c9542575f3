"""Indexes made while their table is in use, in a way that can be interrupted and begun again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMMENT = re.compile(r"--[^\n]*")
_MAKE = re.compile(
    r"create\s+(?:unique\s+)?index\s+concurrently\s+(?P<name>[a-z_][a-z0-9_]*)"
    r"\s+on\s+(?P<schema>[a-z_][a-z0-9_]*)\.[a-z_][a-z0-9_]*\b.*",
    re.IGNORECASE | re.DOTALL,
)
_DROP = re.compile(
    r"drop\s+index\s+concurrently\s+if\s+exists\s+[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*", re.IGNORECASE
)
_VALID = "select indisvalid from pg_index where indexrelid = to_regclass($1)"


class NotConcurrent(Exception):
    """A statement that cannot be interrupted and begun again, and so needs a transaction."""


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    index: str | None  # schema.name of what it makes


async def make_indexes(connection: Any, sql: str, *, timeout: float) -> None:
    """Runs `create index concurrently NAME on SCHEMA.TABLE ...` and its `drop ... if exists`.

    An index that is there and valid is left alone; an invalid one, left by a run that was
    interrupted or failed, is dropped and made again. `timeout` is seconds per statement. Raises
    `NotConcurrent` before anything is done.
    """
    for statement in list(_statements(sql)):
        if statement.index is not None:
            valid = await connection.fetchval(_VALID, statement.index)
            if valid:
                continue
            if valid is not None:
                drop = f"drop index concurrently {statement.index}"
                await connection.execute(drop, timeout=timeout)
        await connection.execute(statement.sql, timeout=timeout)


def _statements(sql: str) -> Iterator[_Statement]:
    for part in _COMMENT.sub("", sql).split(";"):
        text = part.strip()
        if not text:
            continue
        if made := _MAKE.fullmatch(text):
            yield _Statement(text, f"{made['schema']}.{made['name']}")
        elif _DROP.fullmatch(text):
            yield _Statement(text, None)
        else:
            raise NotConcurrent(
                "without transaction there are only `create [unique] index concurrently NAME on"
                " SCHEMA.TABLE ...` and `drop index concurrently if exists SCHEMA.NAME`, not: "
                + " ".join(text.split())[:60]
            )
