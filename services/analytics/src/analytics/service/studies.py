"""Studies are reckoned in the background, in a thread, one at a time in a process."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec

from analytics.domain.drivers import TooFew
from analytics.domain.entries import Entry
from analytics.domain.figures import Per, scores
from analytics.domain.ranking import ranking
from analytics.domain.selection import Selection
from analytics.domain.studying import MOST, Study, answered, drivers_of
from analytics.repository import studies
from analytics.service.reports import Reports
from common.database import Row
from common.errors import Problem, Retry
from common.events.values import Metric
from common.scores import top_values
from common.telemetry import logging

log = logging.get(__name__)
EVERY = 1.0  # seconds between two looks for one that waits
KEPT = timedelta(days=90)
OPEN = 5  # of a workspace, that wait or run
PAGE = 500  # calls at once
Question = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Studies:
    reports: Reports

    async def ask(self, workspace: str, kind: Study, selection: Selection) -> Row:
        """Raises `Problem` where too many wait."""
        reports = self.reports
        async with reports.db.scoped(workspace) as connection:
            if await studies.open_ones(connection, workspace) >= OPEN:
                raise Problem(429, "Too many studies", f"At most {OPEN} at once: wait for one.")
            question = told(selection)
            return await studies.ask(
                connection, workspace, uuid4(), kind, question, at=reports.clock()
            )

    async def find(self, workspace: str, study: UUID) -> Row | None:
        async with self.reports.db.scoped(workspace, frozen=True) as connection:
            return await studies.find(connection, workspace, study)

    async def newest(self, workspace: str, limit: int) -> list[Row]:
        async with self.reports.db.scoped(workspace, frozen=True) as connection:
            return await studies.newest(connection, workspace, limit)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                while await self.one():
                    pass
            except Retry as error:
                log.warning("studies_later", reason=error.reason)
            await asyncio.sleep(EVERY)

    async def one(self) -> bool:
        """Whether there was one. Raises `Retry`: it is taken again when its lease is over."""
        db, now = self.reports.db, self.reports.clock
        async with db.transaction() as connection:
            await studies.forget(connection, now() - KEPT)
            row = await studies.take(connection, now=now())
        if row is None:
            return False
        workspace, study = row["workspace"], row["id"]
        result: dict[str, Any] | None = None
        problem: str | None = None
        try:
            work = self._drivers if row["kind"] == Study.DRIVERS else self._ranking
            result = await work(study, understood(row["question"]))
        except ValueError as error:  # too few answers: it says how many
            problem = str(error)
        except Retry:
            raise
        except Exception as error:  # one study ends no process
            log.error("study_failed", study=str(study), error=type(error).__name__)
            problem = "it could not be reckoned: what went wrong is in the log"
        async with db.transaction() as connection:
            await studies.end(
                connection, workspace, study, result=result, problem=problem, now=now()
            )
        return True

    async def _tell(self, workspace: str, study: UUID, progress: float) -> None:
        async with self.reports.db.transaction() as connection:
            await studies.tell(connection, workspace, study, progress, now=self.reports.clock())

    async def _drivers(self, study: UUID, selection: Selection) -> dict[str, Any]:
        metric = _metric(selection)
        entries: list[Entry] = []
        more, after = True, None
        while more and len(entries) < MOST:
            page, after = await self.reports.page(selection, after=after, limit=PAGE, answered=True)
            entries += page
            more = after is not None
            await self._tell(selection.workspace, study, 0.5 * len(entries) / MOST)
        steps: list[float] = [0.0]

        def work() -> dict[str, Any]:
            calls = answered(entries, metric)
            found = drivers_of(calls, metric, _into(steps))
            return {"answers": len(calls), "left_out_calls": len(calls) - found.n, **asdict(found)}

        task = asyncio.create_task(asyncio.to_thread(work))
        while not task.done():
            await asyncio.wait([task], timeout=1.0)
            await self._tell(selection.workspace, study, 0.5 + 0.5 * steps[-1])
        return await task

    async def _ranking(self, study: UUID, selection: Selection) -> dict[str, Any]:
        metric = _metric(selection)
        figures = await self.reports.figures(selection, scores=True)
        await self._tell(selection.workspace, study, 0.5)
        lines = [one for one in scores(figures.whole, Per.METRIC) if one.metric is metric]
        if not lines:
            raise TooFew("nobody answered by this metric in these days")
        line = max(lines, key=lambda one: one.score.n).line
        histograms = {
            value: one.histogram
            for value, rows in figures.groups().items()
            for one in scores(rows, Per.METRIC)
            if one.line == line
        }
        top = top_values(metric, line.low, line.high)
        found = await asyncio.to_thread(ranking, metric, histograms, top=top, high=line.high)
        ranked = [{"name": figures.names.get(one.group), **asdict(one)} for one in found.groups]
        return {**asdict(found), "scale": [line.low, line.high], "groups": ranked}


def _into(steps: list[float]) -> Callable[[float], None]:
    return steps.append


def _metric(selection: Selection) -> Metric:
    assert selection.metrics
    return Metric(selection.metrics[0])


def told(selection: Selection) -> Question:
    """As it is stored."""
    found: Question = msgspec.to_builtins(selection)
    return found


def understood(question: Question) -> Selection:
    """Of `told`."""
    return msgspec.convert(question, Selection)
