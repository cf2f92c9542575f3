"""`python -m bench [--quick] [--json FILE]`: ours against the floor, in one run, as a ratio.

Starts a Kafka and a PostgreSQL of its own. `floor` (stock clients, no logic), `bare` (our clients,
no logic) and `ours` take turns, so that a machine that gets slower or faster meanwhile is the same
for all: each round gives a ratio, and the median of them is told. A first round does not count:
the broker compiles its code in it, and PostgreSQL touches its memory for the first time.
"""

import argparse
import asyncio
import json
import re
import tempfile
from collections import Counter
from pathlib import Path
from statistics import median

import asyncpg

from bench import latency
from bench.events import configuration, interactions
from bench.measure import Run, turn
from common.bus.kafka import KafkaBus
from common.config.store import save
from common.db import Database
from common.service import upgrade
from common.testing.kafka import Broker
from common.testing.postgres import Server
from common.topics import partitions
from orchestrator import app

CHUNK = 5_000
# A turn writes a quarter of a gigabyte: with the default, how fast pages are evicted is measured.
SERVER = {"shared_buffers": "1GB"}


async def prepare(server: Server, broker: Broker, name: str, events: int, *, log: bool) -> str:
    """A fresh database and fresh topics (namespace `name.`), filled; the database's URL."""
    admin = await asyncpg.connect(server.url())
    await admin.execute(f"create database {name}")
    if log:
        await admin.execute(f"alter database {name} set log_statement = 'all'")
    await admin.close()
    url = server.url(name)
    await upgrade(url, [app.service])
    db = await Database.connect(url)
    async with db.transaction() as connection:
        await save(connection, configuration(), by="bench")
        await connection.execute(  # the calls ended before: a flow asks about none from before it
            "update config.documents set enabled_since = now() - interval '1 day'"
            " where enabled_since is not null"
        )
    await db.close()
    bus = KafkaBus(broker.servers, namespace=f"{name}.")
    await bus.create_topics(partitions())
    messages = list(interactions(events, seed=sum(name.encode())))
    for start in range(0, events, CHUNK):
        await bus.publish(messages[start : start + CHUNK])
    await bus.close()
    return url


def contend(server: Server, broker: Broker, name: str, module: str, events: int) -> Run:
    """One turn of one contender over its own full topic."""
    url = asyncio.run(prepare(server, broker, name, events, log=False))
    run = turn(module, {}, broker.servers, url, f"{name}.", str(events), timeout=300)
    print(f"  {run.name:>6} {run.rate:10,.0f} events/s  {run.detail}", flush=True)
    return run


def statements(server: Server, broker: Broker, events: int) -> dict[str, float]:
    """What a batch says to PostgreSQL, by its log: statement -> how often per batch."""
    url = asyncio.run(prepare(server, broker, "statements", events, log=True))
    log = server.folder / "log"
    start = log.stat().st_size
    run = turn("bench.ours", {}, broker.servers, url, "statements.", str(events), timeout=300)
    text = log.read_bytes()[start:].decode(errors="replace")
    said = re.findall(r"LOG:  (?:execute [^:]*|statement): (.*?)(?=\n\d{4}-|\Z)", text, re.DOTALL)
    counts = Counter(re.sub(r"\s+", " ", statement).strip()[:100] for statement in said)
    batches = run.detail["batches"]
    return {
        statement: round(count / batches, 1)
        for statement, count in counts.most_common()
        if count >= batches / 2
    }


def compare(server: Server, broker: Broker, *, events: int, rounds: int) -> dict[str, float]:
    turns = []
    for number in range(1 + rounds):
        print(f"round {number}" if number else "a round that does not count", flush=True)
        turns.append(
            {
                name: contend(server, broker, f"{name}{number}", f"bench.{name}", events).rate
                for name in ("floor", "bare", "ours")
            }
        )
    del turns[0]
    rates = {name: round(median(turn[name] for turn in turns), 1) for name in turns[0]}
    ratios = {
        "ratio": round(median(turn["ours"] / turn["floor"] for turn in turns), 3),
        "ratio_to_bare": round(median(turn["ours"] / turn["bare"] for turn in turns), 3),
    }
    return rates | ratios


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about two minutes")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    events, rounds, lasts = (80_000, 3, 10.0) if chosen.quick else (120_000, 5, 30.0)
    with tempfile.TemporaryDirectory(prefix="aftercall-bench-") as folder:
        Path(folder).chmod(0o755)
        broker, server = (
            Broker(Path(folder) / "kafka"),
            Server(Path(folder) / "postgres", settings=SERVER),
        )
        broker.folder.mkdir()
        try:
            print("starting Kafka and PostgreSQL ...", flush=True)
            broker.start()
            server.start()
            report(server, broker, events=events, rounds=rounds, lasts=lasts, json_to=chosen.json)
        finally:
            server.stop()
            broker.stop()


def report(
    server: Server,
    broker: Broker,
    *,
    events: int,
    rounds: int,
    lasts: float,
    json_to: Path | None,
) -> None:
    print(f"{rounds} rounds of {events:,} events of about 1 kB, half of them invited", flush=True)
    figures = compare(server, broker, events=events, rounds=rounds)
    print("statements per batch, ours:")
    for statement, count in statements(server, broker, events // 2).items():
        print(f"  {count:4} {statement}")
    half = figures["ours"] / 2
    url = asyncio.run(prepare(server, broker, "latency", 0, log=False))
    waits = asyncio.run(latency.measure(broker.servers, url, "latency.", rate=half, lasts=lasts))
    figures |= {f"{name}_half_load": value for name, value in waits.items()}
    print(json.dumps(figures, indent=2))
    if json_to is not None:
        json_to.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
