"""How long a dry run over many past calls takes, on a PostgreSQL of its own.

`python -m bench.dry_run 200000` decides so many calls of the last 28 days, then plays a draft over
them as the service does. Printed: seconds on the clock, and of this process's processor.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from common.config import ConfigReader
from common.database import Database
from common.events.calls import Leg
from common.process.service import upgrade
from common.testing.postgres import Server
from orchestrator import app
from orchestrator.domain.configuring.rights import Ceilings
from orchestrator.domain.deciding import Facts, decide
from orchestrator.repository.deciding import decisions
from orchestrator.repository.deciding.decisions import DecisionRow
from orchestrator.service import events
from orchestrator.service.configuration.applying import Applying
from orchestrator.service.configuration.configuring import Configuring
from orchestrator.service.current_config import CurrentConfig
from orchestrator.service.dry_run.playing import Playing
from orchestrator.service.dry_run.requests import DryRuns
from orchestrator.service.schedule.stopping import Stopping
from orchestrator.testing import call, documents, viewed

DAYS = timedelta(days=27)
BATCH = 4_000
CALLERS_OF = 3  # calls of one person
CAPS = {
    "workspace": {
        "caps": [{"asks": 1, "per": "7d"}, {"asks": 2, "per": "30d"}],
        "prefix_ceiling": 1_000_000,
        "daily_ceiling": 1_000_000,
    }
}


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # PostgreSQL has a user of its own where this one is root
        server = Server(Path(folder) / "postgres")
        server.start()
        try:
            asyncio.run(_measured(server.url(), count))
        finally:
            server.stop()


async def _measured(url: str, count: int) -> None:
    await upgrade(url, [app.service])
    db = await Database.connect(url, size=4, statement_timeout=120)
    await _measure(db, count)
    await db.close()


async def _measure(db: Database, count: int) -> None:
    stopping = Stopping(db=db)
    applying = Applying(db, stopping)
    await Configuring(applying).apply("acme", documents(**CAPS), by="bench")
    now = datetime.now(UTC)
    await _decide(db, count, now)
    runs = DryRuns(db=db, applying=applying)
    playing = Playing(db=db, ceilings=Ceilings())
    draft = documents(**CAPS, flow={"sampling_rate": 0.5})
    row = await runs.ask(
        "acme",
        draft,
        since=now - DAYS - timedelta(hours=1),
        until=None,
        prices={"sms": 0.0079},
        by="bench",
        is_operator=True,
    )
    clock, processor = time.perf_counter(), time.process_time()
    await playing.look()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    result = (await runs.find("acme", row["id"]))["result"]
    told = {name: result[name] for name in ("calls", "asked", "not_asked", "cost")}
    print(f"{told}")
    print(
        f"dry run of {count:,} calls: {clock:.1f} s, {processor:.1f} s of processor here"
        f" ({1e6 * processor / count:.0f} µs a call)"
    )


async def _decide(db: Database, count: int, now: datetime) -> None:
    """As the batch path stores them, without the invitations."""
    async with db.connection() as connection:
        config = await CurrentConfig(ConfigReader(db)).get(connection)
    workspace = config.workspaces["acme"]
    for start in range(0, count, BATCH):
        at = now - DAYS + DAYS * (start / count)
        rows = [
            _row(one, decide(one, Facts(), workspace=workspace, now=at))
            for one in _calls(start, min(start + BATCH, count), count, at)
        ]
        async with db.transaction() as connection:
            await decisions.insert(connection, rows)


def _calls(start: int, end: int, count: int, at: datetime) -> Iterator[Any]:
    people = max(1, count // CALLERS_OF)
    for number in range(start, end):
        yield viewed(
            call(
                f"c{number}",
                address=f"+1202{number * 7919 % people + 2_000_000:07}",
                ended_at=at - timedelta(seconds=30),
                legs=(Leg(agent_id=f"a{number % 40}", queue="billing"),),
            )
        )


def _row(one: Any, decision: Any) -> DecisionRow:
    value = events.decided(decision).value or b""
    key = one.workspace, one.id
    return DecisionRow(*key, decision.reason, decision.decided_at, 0, value, one.contact_id)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
