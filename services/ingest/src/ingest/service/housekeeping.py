"""Topics for the sources that are configured, and an end to what is too old to be kept."""

from dataclasses import dataclass
from datetime import timedelta

from common.bus import Bus
from common.config.reader import ConfigReader
from common.database import Database
from common.time import Clock, utc_now
from common.topics import intake
from ingest import repository
from ingest.domain.signature import WINDOW
from ingest.service.sources import CONFIG_AGE

INTAKE_PARTITIONS = 3
KEPT = timedelta(days=7)  # parts hold addresses
TALLIES_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    db: Database
    bus: Bus
    config: ConfigReader
    clock: Clock = utc_now

    async def make_topics(self, made: frozenset[str]) -> frozenset[str]:
        """Makes the intake topics of sources that are not among `made`; returns all there are."""
        config = await self.config.current(max_age=CONFIG_AGE)
        wanted = {intake(source) for w in config.workspaces.values() for source in w.sources}
        if wanted - made:
            await self.bus.create_topics(dict.fromkeys(wanted - made, INTAKE_PARTITIONS))
        return made | wanted

    async def forget(self) -> None:
        """Deletes parts, ids of webhooks and tallies that are too old to be kept."""
        async with self.db.transaction() as connection:
            await repository.forget_calls(connection, after=KEPT)
            before = self.clock() - WINDOW
            await repository.forget_webhooks(connection, signed_before=before)
            oldest = (self.clock() - TALLIES_KEPT).date()
            await repository.forget_tallies(connection, before=oldest)
