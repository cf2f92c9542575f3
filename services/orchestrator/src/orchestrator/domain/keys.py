"""What every row is found by: an id means something only within its workspace."""

from collections.abc import Iterable
from typing import TypeAlias
from uuid import UUID

Key: TypeAlias = tuple[str, UUID]  # workspace, id


def in_order(keys: Iterable[Key]) -> list[Key]:
    """As PostgreSQL sorts them. (`UUID` compares in Python: a tenth of the speed.)"""
    return sorted(keys, key=_comparable)


def _comparable(key: Key) -> tuple[str, int]:
    return key[0], key[1].int


def columns(keys: Iterable[Key]) -> tuple[list[str], list[UUID]]:
    """As two arrays, for `unnest($1::text[], $2::uuid[])`."""
    listed = list(keys)
    return [workspace for workspace, _ in listed], [identity for _, identity in listed]
