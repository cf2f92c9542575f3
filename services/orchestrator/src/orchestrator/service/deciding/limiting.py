"""Limits that many contacts share, counted last of all: whoever passed one decides again.

Everybody who asks for the same name waits for its row, so it is held as shortly as can be.
"""

from collections.abc import Sequence

from common.database import Connection
from orchestrator.domain.contact import Ask
from orchestrator.domain.prefixes import hour_of
from orchestrator.domain.tally import CapKey, holds
from orchestrator.repository.deciding import days, prefixes, shared_limits
from orchestrator.service.deciding.gathering import Gathered


class CeilingPassed(Exception):
    """Another replica used up what this batch counted on while it was decided."""


async def respect_limits(connection: Connection, gathered: Gathered) -> None:
    """Raises `CeilingPassed`. In the order of how many wait for a row."""
    batch, workspaces = gathered.batch, gathered.config.workspaces
    if batch.tally.slots:
        await _respect_caps(connection, gathered)
    if batch.tally.planned:
        await _respect_quotas(connection, gathered)
    if batch.asks_alike:
        of_hour = await prefixes.add(connection, batch.asks_alike, hour_of(gathered.now))
        for (workspace, _), asks in of_hour.items():
            if asks > workspaces[workspace].prefix_ceiling:
                raise CeilingPassed(workspace)
    of_day = await days.add(connection, gathered.today, batch.asks)
    for workspace, asks in of_day.items():
        if asks > workspaces[workspace].ceiling:
            raise CeilingPassed(workspace)


async def _respect_caps(connection: Connection, gathered: Gathered) -> None:
    slots = gathered.batch.tally.slots
    mine = {key: [slot.ask for slot in of_key] for key, of_key in slots.items()}
    everything = await shared_limits.append(connection, mine)
    for key, asks in everything.items():
        if not holds(asks[: len(asks) - len(mine[key])], slots[key]):
            raise CeilingPassed(key.workspace)
    old = {key: kept for key, asks in everything.items() if (kept := _kept(key, asks, gathered))}
    if old:
        await shared_limits.shorten(connection, old)


def _kept(key: CapKey, asks: Sequence[Ask], gathered: Gathered) -> list[Ask]:
    """Empty unless half of them count no more."""
    oldest = gathered.now - gathered.config.workspaces[key.workspace].shared_memory
    kept = [ask for ask in asks if ask.at > oldest]
    return kept if len(kept) * 2 < len(asks) else []


async def _respect_quotas(connection: Connection, gathered: Gathered) -> None:
    counted = await shared_limits.count(connection, gathered.batch.tally.planned)
    for key in gathered.batch.tally.planned:
        flow = gathered.config.workspaces[key.workspace].flow(key.flow)
        assert flow is not None
        most = min(q.asks for q in flow.quotas if (q.by, q.per) == (key.by, key.per))
        if counted.get(key, most + 1) > most:  # absent: its period is over by now
            raise CeilingPassed(key.workspace)
