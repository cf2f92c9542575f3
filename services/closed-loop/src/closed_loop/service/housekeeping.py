"""What is late is told, what is old is forgotten."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from closed_loop.repository import calls, mails, messages, rules
from closed_loop.service.intake import Intake
from common.database import Database
from common.errors import Retry
from common.telemetry import logging
from common.time import Clock, utc_now

log = logging.get(__name__)
# A link is good for 28 days after its call; numbers are kept no longer than answers may come.
CALLS_KEPT = timedelta(days=35)
AT_ONCE = 5_000  # rows
LOOK_EVERY = 60.0  # seconds, for answers whose calls are not known
FORGET_EVERY = 3600.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekeeping:
    """`kept`: messages, alerts, mails, and the log of their delivery."""

    db: Database
    intake: Intake
    kept: timedelta
    clock: Clock = utc_now

    async def tell_what_waited(self) -> None:
        """Until cancelled, now and then."""
        await every(LOOK_EVERY, self.intake.tell_anyway)

    async def forget(self) -> None:
        """Until cancelled, now and then."""
        await every(FORGET_EVERY, self.forget_some)

    async def forget_some(self) -> bool:
        """Whether there may be more."""
        now = self.clock()
        async with self.db.transaction() as connection:
            more = await calls.forget(connection, before=now - CALLS_KEPT, most=AT_ONCE)
            for one in (messages, rules, mails):
                more = await one.forget(connection, before=now - self.kept, most=AT_ONCE) or more
        return more


async def every(seconds: float, work: Callable[[], Awaitable[bool]]) -> None:
    """Again at once while there is more; soon when the database was away."""
    while True:
        try:
            pause = 0.0 if await work() else seconds
        except Retry as error:
            log.warning("housekeeping_waits", reason=error.reason)
            pause = error.after
        await asyncio.sleep(pause)
