"""What is late is told, what is old is forgotten."""

from dataclasses import dataclass
from datetime import timedelta

from closed_loop.repository import calls, messages
from closed_loop.service.intake import Intake
from common.database import Database
from common.time import Clock, utc_now

# A link is good for 28 days after its call; numbers are kept no longer than answers may come.
CALLS_KEPT = timedelta(days=35)
AT_ONCE = 5_000  # rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekeeping:
    """`kept`: messages, and the log of their delivery."""

    db: Database
    intake: Intake
    kept: timedelta
    clock: Clock = utc_now

    async def tell_what_waited(self) -> None:
        while await self.intake.tell_anyway():
            pass

    async def forget(self) -> None:
        while await self._forget_some():
            pass

    async def _forget_some(self) -> bool:
        now = self.clock()
        async with self.db.transaction() as connection:
            more = await calls.forget(connection, before=now - CALLS_KEPT, most=AT_ONCE)
            return await messages.forget(connection, before=now - self.kept, most=AT_ONCE) or more
