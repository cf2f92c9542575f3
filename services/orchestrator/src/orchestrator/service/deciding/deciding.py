"""From ended interactions to decisions, invitations and due steps, a batch at a time."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import asyncpg

from common.bus import Bus
from common.database import Database
from common.errors import Retry
from common.failpoints import failpoint
from common.streams.consumer import Finish
from orchestrator import metrics
from orchestrator.domain.batch import decide_all
from orchestrator.domain.freeze import Freezer
from orchestrator.domain.interaction_view import InteractionView
from orchestrator.domain.shares import shared
from orchestrator.repository.configuration import lock
from orchestrator.service.consent.people import LinkedMeanwhile
from orchestrator.service.current_config import CurrentConfig
from orchestrator.service.deciding.decision_log import log_decisions
from orchestrator.service.deciding.gathering import Gathered, gather
from orchestrator.service.deciding.limiting import CeilingPassed
from orchestrator.service.deciding.outgoing import OutgoingEvents
from orchestrator.service.deciding.remembering import DecidedMeanwhile, remember
from orchestrator.service.publishing import Outcome, joined

ATTEMPTS = 5
PARTS = 2
SPLIT_FROM = 500  # interactions
AT_ONCE = 64  # interactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """`may_ask`: consent is fresh enough to publish asks. `clock` None: the database's time."""

    db: Database
    bus: Bus
    config: CurrentConfig
    may_ask: Callable[[], bool]
    clock: Callable[[], datetime] | None = None
    freezer: Freezer = field(default_factory=Freezer)

    async def on_interactions(self, interactions: Sequence[InteractionView]) -> Finish:
        """Decides and commits; what it returns publishes the outcome.

        Of a workspace that floods some come first, and are published while the rest is decided.
        When one part fails, the others' decisions stay: they are known when all comes again.
        """
        first, rest = shared(interactions)
        outcomes = await self._all(first)
        if not rest:
            return partial(self._publish, outcomes)
        publishing = asyncio.create_task(self._publish(outcomes))
        try:
            late = await self._all(rest)
        except BaseException:
            await asyncio.wait([publishing])
            raise
        return partial(self._publish, late, publishing)

    async def _all(self, interactions: Sequence[InteractionView]) -> list[Outcome]:
        working = [self._settled(part) for part in _parts(interactions)]
        outcomes: list[Outcome] = []
        for result in await asyncio.gather(*working, return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
            outcomes.append(result)
        return outcomes

    async def _publish(
        self, outcomes: Sequence[Outcome], before: asyncio.Task[None] | None = None
    ) -> None:
        if before is not None:
            await before
        await joined(outcomes).publish(self.db, self.bus)

    async def _settled(self, interactions: Sequence[InteractionView]) -> Outcome:
        """Decides until nobody else decided the same at the same time."""
        for _ in range(ATTEMPTS):
            try:
                return await self._decide(interactions)
            except asyncpg.UniqueViolationError:
                metrics.RERUNS.labels("collision").inc()
            except (DecidedMeanwhile, LinkedMeanwhile):
                metrics.RERUNS.labels("collision").inc()
            except CeilingPassed:
                metrics.RERUNS.labels("ceiling").inc()
            except Retry as retry:
                if not isinstance(retry.__cause__, asyncpg.DeadlockDetectedError):
                    raise
                metrics.RERUNS.labels("deadlock").inc()
        raise Retry("batch collides with others again and again")

    async def _decide(self, interactions: Sequence[InteractionView]) -> Outcome:
        started = time.perf_counter()
        async with self.db.transaction() as connection:
            now = await lock.share(connection)
            config = await self.config.get(connection)
            gathered = await gather(
                connection,
                interactions,
                config=config,
                now=self.clock() if self.clock else now,
            )
            outcome = await remember(connection, gathered, await self._decided(gathered))
            failpoint("decide.before_commit")
        failpoint("decide.after_commit")
        metrics.BATCH_SECONDS.observe(time.perf_counter() - started)
        log_decisions(gathered)
        return outcome

    async def _decided(self, gathered: Gathered) -> OutgoingEvents:
        """Decides a few at a time and encodes them: they are still in the processor's cache.

        In between others have their turn: flows may have many conditions.
        """
        may_ask = self.may_ask()
        undecided = gathered.undecided()
        outgoing = OutgoingEvents()
        for start in range(0, len(undecided), AT_ONCE):
            made = decide_all(
                undecided[start : start + AT_ONCE],
                gathered.batch,
                config=gathered.config,
                freezer=self.freezer,
                now=gathered.now,
                may_ask=may_ask,
                revisions={key: one.revision + 1 for key, one in gathered.earlier.items()},
            )
            outgoing.add(made, gathered)
            await asyncio.sleep(0)
        return outgoing


def _parts(interactions: Sequence[InteractionView]) -> list[list[InteractionView]]:
    """By person, so that one part computes while the others wait for the database."""
    if len(interactions) < SPLIT_FROM:
        return [list(interactions)]
    parts: list[list[InteractionView]] = [[] for _ in range(PARTS)]
    for one in interactions:
        parts[(one.contact_id or one.id).int % PARTS].append(one)
    return parts
