"""Calls that are too old lose the words, or the person; figures stay, for rows do."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from analytics.repository import facts, old
from analytics.service.erasing import forget_words
from analytics.service.intake import SCHEMA
from common.config import ConfigReader
from common.config.retention import kept
from common.database import Connection, Database
from common.database.retention import NEXT, Kind, Retaining
from common.time import Clock

LIMIT = 500  # facts in one transaction
KINDS = ("comments", "addresses")


async def _unnamed(connection: Connection, workspace: str, found: Sequence[UUID]) -> None:
    await facts.lock(connection, [(workspace, one) for one in found])
    await facts.forget_contact(connection, workspace, found)


_WORK = {"comments": forget_words, "addresses": _unnamed}


async def _clear(
    kind: str, connection: Connection, workspace: str, since: datetime, until: datetime
) -> datetime:
    found = await old.of_time(connection, workspace, since, until, limit=LIMIT)
    calls = [one for one, _ in found]
    if kind == "comments":
        calls += await old.of_no_call(connection, workspace, until, limit=LIMIT)
    if calls:
        await _WORK[kind](connection, workspace, calls)
    return found[-1][1] + NEXT if len(found) >= LIMIT else until


async def _some(
    kind: str, connection: Connection, workspace: str, since: datetime, until: datetime
) -> bool:
    if await old.some(connection, workspace, since, until):
        return True
    return kind == "comments" and bool(await old.of_no_call(connection, workspace, until, limit=1))


def retaining(db: Database, config: ConfigReader, clock: Clock) -> Retaining:
    return Retaining(
        db=db,
        schema=SCHEMA,
        kinds={kind: Kind(partial(_clear, kind), partial(_some, kind)) for kind in KINDS},
        wanted=partial(kept, config, KINDS),
        clock=clock,
        late=True,
    )
