"""`python -m bench.counting`: how many responses a second analytics counts, on a database alone.

No broker: batches of encoded events are decoded and handed to the intake as its consumer does.
Starts a PostgreSQL of its own. A line per round: events a second, and the microseconds of CPU that
one took, here and in PostgreSQL together (which says more on a machine that others use, too).
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import uvloop

from analytics import app
from analytics.service import Intake
from analytics.testing import NOW, decision, delivery, response, told
from common.config import ConfigReader
from common.config.store import Document, save
from common.database import Database
from common.events import decode, encode
from common.events.calls import Leg
from common.events.decisions import Decision
from common.events.responses import Response
from common.events.sends import Delivery
from common.process.service import tune_garbage_collection, upgrade
from common.testing.postgres import Server

AGENTS, QUEUES, DAYS = 200, 20, 2


def call(number: int) -> Decision:
    return decision(
        f"c{number}",
        ended_at=NOW - timedelta(days=number % DAYS),
        queue=f"q{number % QUEUES}",
        our_number=f"+120255501{number % 10:02}",
        site=f"s{number % 4}",
        disposition=f"d{number % 12}",
        legs=(Leg(agent_id=f"a{number % AGENTS}", team=f"t{number % 15}"),),
    )


def encoded(facts: Sequence[Any]) -> list[bytes]:
    return [encode(event) for event in told(*facts)]


async def count(intake: Intake, events: Sequence[bytes], kind: Any, batch: int) -> float:
    """Seconds."""
    handler: Any = {
        Decision: intake.on_decisions,
        Delivery: intake.on_deliveries,
        Response: intake.on_responses,
    }[kind]
    began = time.perf_counter()
    for first in range(0, len(events), batch):
        await handler([decode(value, kind) for value in events[first : first + batch]])
    return time.perf_counter() - began


def cpu_seconds(server: Server) -> float:
    """Of this process and of PostgreSQL with its connections, so far."""
    postgres = psutil.Process(server.pid)
    found = [psutil.Process(), postgres, *postgres.children(recursive=True)]
    return float(sum(one.cpu_times().user + one.cpu_times().system for one in found))


async def one_round(db: Database, server: Server, number: int, size: int) -> dict[str, int]:
    names = range(number * size, (number + 1) * size)
    answering = random.Random(number).sample(names, size // 2)  # half of them, in any order
    events = {
        Decision: encoded([call(n) for n in names]),
        Delivery: encoded([delivery(f"c{n}") for n in names]),
        Response: encoded([response(f"c{n}", 1 + n % 5) for n in answering]),
    }
    intake = Intake(db, ConfigReader(db))
    report: dict[str, int] = {}
    for kind, values in events.items():
        before = cpu_seconds(server)
        seconds = await count(intake, values, kind, app.BATCH)
        name = kind.__name__.lower()
        report[f"{name}_per_second"] = round(len(values) / seconds)
        report[f"{name}_cpu_us"] = round(1e6 * (cpu_seconds(server) - before) / len(values))
    return report


async def run(server: Server, rounds: int, size: int) -> None:
    await upgrade(server.url(), [app.service])
    db = await Database.connect(server.url())
    body = {"id": "acme", "name": "Acme"}
    async with db.transaction() as connection:
        document = Document(workspace="acme", kind="workspace", id="acme", body=body)
        await save(connection, [document], by="bench")
    tune_garbage_collection()
    for number in range(rounds):
        print(json.dumps(await one_round(db, server, number, size)), flush=True)
    await db.close()


def main(rounds: int, size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may have to run as another user
        server = Server(Path(folder) / "postgres", settings={"shared_buffers": "1GB"})
        server.start()
        try:
            uvloop.run(run(server, rounds, size))
        finally:
            server.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=40_000, help="calls of a round")
    given = parser.parse_args()
    main(given.rounds, given.size)
