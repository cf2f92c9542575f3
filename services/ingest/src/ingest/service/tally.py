"""How many callers of each source cannot be asked for want of a usable number, by day.

For `aftercall doctor`, which tells a source whose numbers are read wrongly. Counted in memory and
written now and then; a crash loses some seconds of counting, and nothing else.
"""

from collections import Counter
from dataclasses import dataclass, field

from common.database import Database
from common.time import Clock, utc_now
from ingest import repository
from ingest.repository import Cell
from ingest.service.reading import IntakeReport

ALL = ""  # of every report, whatever its address


@dataclass(slots=True)
class Tally:
    """Only of configured sources: others name themselves as they like."""

    db: Database
    clock: Clock = utc_now
    _counts: Counter[Cell] = field(default_factory=Counter)

    def note(self, taken: IntakeReport) -> None:
        interaction = taken.report.interaction
        if taken.source is None or taken.report.revision is not None:
            return
        day = self.clock().date()
        self._counts[Cell(interaction.workspace, taken.source, day, ALL)] += 1
        if problem := interaction.address_problem:
            self._counts[Cell(interaction.workspace, taken.source, day, problem)] += 1

    async def write(self) -> None:
        """Raises `Retry`; what was counted is then written the next time."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            async with self.db.transaction() as connection:
                await repository.add_tallies(connection, counts)
        except BaseException:
            self._counts.update(counts)
            raise
