"""What every row is found by: an id means something only within its workspace."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypeVar
from uuid import UUID

Key: TypeAlias = tuple[str, UUID]  # workspace, id
V = TypeVar("V")


def in_order(keys: Iterable[Key]) -> list[Key]:
    """As PostgreSQL sorts them. (`UUID` compares in Python: a tenth of the speed.)"""
    return sorted(keys, key=_comparable)


def items_in_order(rows: Mapping[Key, V]) -> list[tuple[Key, V]]:
    """Likewise, with what is there under each."""
    return sorted(rows.items(), key=lambda item: _comparable(item[0]))


def _comparable(key: Key) -> tuple[str, int]:
    return key[0], key[1].int


def columns(keys: Iterable[Key]) -> tuple[list[str], list[UUID]]:
    """As two arrays, for `unnest($1::text[], $2::uuid[])`."""
    listed = list(keys)
    return [workspace for workspace, _ in listed], [identity for _, identity in listed]
