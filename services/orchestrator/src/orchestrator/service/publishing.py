"""After the commit: publish, then mark. Whoever dies in between leaves a lease that runs out."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from common.bus import Bus, Message
from common.db import Database
from common.failpoints import failpoint
from orchestrator.repository import invitations, reminders


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a committed transaction has to tell.

    `asked`, `reminded`: the invitations whose steps are among the `messages`, by what the step is.
    """

    messages: Sequence[Message]
    asked: Sequence[UUID]
    reminded: Sequence[UUID] = ()

    async def publish(self, db: Database, bus: Bus) -> None:
        """Raises `Retry`; what was not published then is, when the same records come again."""
        failpoint("publish.before")
        if self.messages:
            await bus.publish(self.messages)
        failpoint("publish.after")
        if self.asked:
            async with db.connection() as connection:
                await invitations.mark_asked(connection, self.asked)
        if self.reminded:
            async with db.connection() as connection:
                await reminders.mark_asked(connection, self.reminded)


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """Told together: fewer and larger writes."""
    return Outcome(
        [message for outcome in outcomes for message in outcome.messages],
        [invitation for outcome in outcomes for invitation in outcome.asked],
        [invitation for outcome in outcomes for invitation in outcome.reminded],
    )
