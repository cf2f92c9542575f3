"""What is claimed and about to leave, and a STOP or a cancellation that comes in between.

The post looks at both once more just before it leaves. Whoever takes a STOP in commits the
suppression, and then waits until what was claimed for that contact has left or was held back: so
after the acknowledgement nothing leaves.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from channel.store.schema import Key, Schema, columns
from common.database import Database
from common.errors import Retry
from common.group_commit import GroupCommit
from common.telemetry import logging

log = logging.get(__name__)
LONGEST = 5.0  # seconds that an acknowledgement waits; carriers give up after ten and more
_EVERY = 0.03  # seconds between two looks
_CLAIMED = """
    select exists (
        select from unnest($1::text[], $2::uuid[]) as c (workspace, contact_id)
        join {schema}.sends s using (workspace, contact_id)
        where s.state = 'claimed' and not s.despite_stop)
"""
_STOPPED = """
    select workspace, contact_id from {schema}.contacts
    where suppressed
      and (workspace, contact_id) in (select * from unnest($1::text[], $2::uuid[]))
    union all
    select s.workspace, s.contact_id
    from unnest($1::text[], $2::uuid[]) as c (workspace, contact_id)
    join {schema}.sends s using (workspace, contact_id)
    where s.open and s.state = 'claimed' and s.called_back is not null
"""


@dataclass(slots=True)
class _Look:
    contact: Key
    stopped: bool = True


@dataclass(slots=True)
class Leaving:
    """One per process. Looks that come while another one runs are one statement."""

    db: Database
    schema: Schema
    longest: float = LONGEST
    _looks: GroupCommit[_Look] = field(init=False)

    def __post_init__(self) -> None:
        self._looks = GroupCommit(self._look)

    async def is_stopped(self, contact: Key) -> bool:
        """As of this moment. Raises `Retry`."""
        look = _Look(contact)
        await self._looks.put(look)
        return look.stopped

    async def settled(self, contacts: Sequence[Key]) -> None:
        """Returns when nothing is on its way to these contacts, or it has taken too long."""
        if not contacts:
            return
        for _ in range(max(1, int(self.longest / _EVERY))):
            try:
                if not await self._any_claimed(contacts):
                    return
            except Retry:
                break
            await asyncio.sleep(_EVERY)
        log.warning("stop_overtaken", contacts=len(contacts))

    async def _any_claimed(self, contacts: Sequence[Key]) -> bool:
        async with self.db.connection() as connection:
            found: bool = await connection.fetchval(self.schema(_CLAIMED), *columns(contacts))
        return found

    async def _look(self, looks: Sequence[_Look]) -> None:
        async with self.db.connection() as connection:
            rows = await connection.fetch(
                self.schema(_STOPPED), *columns({look.contact for look in looks})
            )
        stopped = {(row["workspace"], row["contact_id"]) for row in rows}
        for look in looks:
            look.stopped = look.contact in stopped
