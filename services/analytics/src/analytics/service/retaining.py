"""Calls that are too old lose the words, or the person; figures stay, for rows do."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from analytics.repository import facts, old
from analytics.service.erasing import forget_words
from common.database import Connection
from common.database.retention import Kind

LIMIT = 500  # facts in one transaction
NEXT = timedelta(microseconds=1)
KINDS = ("comments", "addresses")


async def _unnamed(connection: Connection, workspace: str, found: Sequence[UUID]) -> None:
    await facts.lock(connection, [(workspace, one) for one in found])
    await facts.forget_contact(connection, workspace, found)


_WORK = {"comments": forget_words, "addresses": _unnamed}


async def _clear(
    kind: str, connection: Connection, workspace: str, since: datetime, until: datetime
) -> datetime:
    found = await old.of_time(connection, workspace, since, until, limit=LIMIT)
    if found:
        await _WORK[kind](connection, workspace, [one for one, _ in found])
    return found[-1][1] + NEXT if len(found) >= LIMIT else until


def kinds() -> Mapping[str, Kind]:
    return {kind: Kind(partial(_clear, kind), old.some) for kind in KINDS}
