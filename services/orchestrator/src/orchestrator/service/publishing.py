"""After the commit: publish. Whoever dies before that leaves a handover, whose lease runs out."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.bus import Bus, Message
from common.database import Database
from common.failpoints import failpoint
from orchestrator.repository.schedule import handovers


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a committed transaction has to publish. `handovers`: those of steps among it."""

    messages: Sequence[Message]
    handovers: Sequence[int] = ()

    async def publish(self, db: Database, bus: Bus) -> None:
        """Raises `Retry`: decisions are published when their records come again, steps of a
        handover when its lease is over.
        """
        failpoint("publish.before")
        if self.messages:
            await bus.publish(self.messages)
        failpoint("publish.after")
        if self.handovers:
            async with db.connection() as connection:
                await handovers.delete(connection, self.handovers)


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """Published together: fewer and larger writes."""
    return Outcome(
        [message for outcome in outcomes for message in outcome.messages],
        [handover for outcome in outcomes for handover in outcome.handovers],
    )
