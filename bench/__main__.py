"""`python -m bench [--quick | --latency | --neighbours | --switch | --calls N | --whatsapp N]`

Ours against the floor, in one run, as a ratio.

Starts a Kafka and a PostgreSQL of its own. `floor` (stock clients, no logic), `bare` (our clients,
no logic; not in a quick run) and `ours` take turns over the same events. A machine gets slower or
faster meanwhile, so each turn of ours is divided by the mean of the floors before and after it, and
the median of these ratios is told. A first round does not count: the broker compiles its code in
it, and PostgreSQL touches its memory for the first time.

`--latency` instead measures the whole platform from call end to the provider's request, and what
each process used meanwhile; with `--code DIR` that of another checkout, for a comparison.
`--neighbours` measures what a workspace waits for its decisions beside a neighbour at full speed.
`--switch` measures how long a flow takes to switch off, by how many invitations there are.
`--calls` measures how soon very many people on the telephone at once hear what comes next;
`--whatsapp` whether the pace of an account is kept.
"""

import argparse
import asyncio
import json
import logging
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Any

import asyncpg
import uvloop

from bench import calling, latency, neighbours, pacing, switching, whole
from bench.events import configuration, interactions
from bench.measure import Run, turn
from common.bus import Message
from common.bus.kafka import KafkaBus
from common.config.store import save
from common.database import Database
from common.process.service import upgrade
from common.testing.kafka import Broker
from common.testing.postgres import Server
from common.topics import partitions
from orchestrator import app

CHUNK = 5_000
# A turn writes a quarter of a gigabyte: with the default, how fast pages are evicted is measured.
SERVER = {"shared_buffers": "1GB"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`events` of a turn; `lasts` seconds of half load."""

    contenders: Sequence[str]
    events: int
    rounds: int
    lasts: float


QUICK = Size(contenders=("floor", "ours"), events=60_000, rounds=6, lasts=10.0)
WHOLE = Size(contenders=("floor", "bare", "ours"), events=120_000, rounds=7, lasts=30.0)


async def prepare(
    server: Server, broker: Broker, name: str, messages: Sequence[Message], *, log: bool = False
) -> str:
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
    for start in range(0, len(messages), CHUNK):
        await bus.publish(messages[start : start + CHUNK])
    await bus.close()
    return url


def contend(
    server: Server, broker: Broker, name: str, module: str, messages: Sequence[Message]
) -> Run:
    """One turn of one contender over its own full topic."""
    url = asyncio.run(prepare(server, broker, name, messages))
    run = turn(module, {}, broker.servers, url, f"{name}.", str(len(messages)), timeout=300)
    print(f"  {run.name:>6} {run.rate:10,.0f} events/s  {run.detail}", flush=True)
    return run


def statements(server: Server, broker: Broker, messages: Sequence[Message]) -> dict[str, float]:
    """What a batch says to PostgreSQL, by its log: statement -> how often per batch."""
    url = asyncio.run(prepare(server, broker, "statements", messages, log=True))
    log = server.folder / "log"
    start = log.stat().st_size
    count = str(len(messages))
    run = turn("bench.ours", {}, broker.servers, url, "statements.", count, timeout=300)
    text = log.read_bytes()[start:].decode(errors="replace")
    said = re.findall(r"LOG:  (?:execute [^:]*|statement): (.*?)(?=\n\d{4}-|\Z)", text, re.DOTALL)
    counts = Counter(re.sub(r"\s+", " ", statement).strip()[:100] for statement in said)
    batches = run.detail["batches"]
    return {
        statement: round(count / batches, 1)
        for statement, count in counts.most_common()
        if count >= batches / 2
    }


def compare(
    server: Server,
    broker: Broker,
    messages: Sequence[Message],
    *,
    contenders: Sequence[str],
    rounds: int,
) -> dict[str, Any]:
    """Median events a second by contender, `ratio` of ours to the floor, and its `rounds`."""
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(1 + rounds):
        title = f"round {number} of {rounds}" if number else "a round that does not count"
        print(title, flush=True)
        for name in contenders:
            rate = contend(server, broker, f"{name}{number}", f"bench.{name}", messages).rate
            if number:
                rates[name].append(rate)
    last = contend(server, broker, "floor_after", "bench.floor", messages).rate
    around = [mean(pair) for pair in pairwise([*rates["floor"], last])]
    ratios = [ours / floor for ours, floor in zip(rates["ours"], around, strict=True)]
    print("ours / floor, round by round:", *(f"{ratio:.3f}" for ratio in ratios))
    figures = {name: round(median(of_name), 1) for name, of_name in rates.items()}
    return figures | {"ratio": round(median(ratios), 3), "rounds": [round(r, 3) for r in ratios]}


def main() -> None:
    chosen = _arguments()
    # A topic that was just made has no leader yet; the client tries again, and need not tell.
    logging.getLogger("aiokafka.producer.sender").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="aftercall-bench-") as folder:
        Path(folder).chmod(0o755)
        broker = Broker(Path(folder) / "kafka")
        server = Server(Path(folder) / "postgres", settings=SERVER)
        broker.folder.mkdir()
        try:
            print("starting Kafka and PostgreSQL ...", flush=True)
            server.start()
            if not chosen.switch:
                broker.start()
            if chosen.switch:
                figures = measure_switch(server, chosen)
            elif chosen.neighbours:
                figures = measure_neighbours(server, broker, Path(folder), chosen)
            elif chosen.calls:
                work = calling.measure(server, broker, Path(folder), calls=chosen.calls)
                figures = uvloop.run(work)
            elif chosen.whatsapp:
                pace, lasts = chosen.whatsapp, chosen.lasts
                work = pacing.measure(server, broker, Path(folder), rate=pace, lasts=lasts)
                figures = uvloop.run(work)
            elif chosen.latency:
                figures = measure_whole(server, broker, Path(folder), chosen)
            else:
                figures = measure(server, broker, QUICK if chosen.quick else WHOLE)
        finally:
            server.stop()
            broker.stop()
    print(json.dumps(figures, indent=2))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about two minutes")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--latency", action="store_true", help="call end to provider's request")
    parser.add_argument("--neighbours", action="store_true", help="beside a noisy neighbour")
    parser.add_argument("--switch", action="store_true", help="switching a flow off")
    parser.add_argument("--invitations", default="500,5000", help="thousands, for --switch")
    parser.add_argument("--calls", type=int, default=0, help="so many on the telephone at once")
    parser.add_argument("--whatsapp", type=int, default=0, help="so many asks a second")
    parser.add_argument("--rates", default="50,100,200", help="calls a second, for --latency")
    parser.add_argument("--lasts", type=float, default=20.0, help="seconds of each rate")
    parser.add_argument("--replies", action="store_true", help="people answer what they are asked")
    parser.add_argument("--code", type=Path, default=whole.HERE, help="the services' checkout")
    return parser.parse_args()


def measure_whole(
    server: Server, broker: Broker, folder: Path, chosen: argparse.Namespace
) -> dict[str, Any]:
    """Figures by rate; see `whole`."""
    rates = tuple(int(rate) for rate in chosen.rates.split(","))
    load = whole.Load(rates=rates, lasts=chosen.lasts, replies=chosen.replies)
    print(f"call end to provider's request, services of {chosen.code}", flush=True)
    return uvloop.run(whole.measure(server, broker, folder, load, code=chosen.code.absolute()))


def measure_neighbours(
    server: Server, broker: Broker, folder: Path, chosen: argparse.Namespace
) -> dict[str, Any]:
    """Milliseconds and ratios; see `neighbours`."""
    print("event to decision of one workspace, beside another at full speed", flush=True)
    code = chosen.code.absolute()
    work = neighbours.measure(server, broker, folder, lasts=chosen.lasts, code=code)
    return uvloop.run(work)


def measure_switch(server: Server, chosen: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds by size; see `switching`."""
    print("switching a flow off, by invitations that there are", flush=True)
    sizes = sorted(int(1000 * float(size)) for size in chosen.invitations.split(","))
    return asyncio.run(switching.measure(server, sizes))


def measure(server: Server, broker: Broker, size: Size) -> dict[str, Any]:
    """All figures: events a second, ratios, milliseconds."""
    print(f"{size.rounds} rounds of {size.events:,} events of about 1 kB, half of them invited")
    messages = list(interactions(size.events, seed=1))
    figures = compare(server, broker, messages, contenders=size.contenders, rounds=size.rounds)
    print("statements per batch, ours:")
    for statement, count in statements(server, broker, messages[: size.events // 2]).items():
        print(f"  {count:4} {statement}")
    half = figures["ours"] / 2
    print(f"how long a call waits for its verdict, at {half:,.0f} calls a second", flush=True)
    url = asyncio.run(prepare(server, broker, "latency", []))
    waits = asyncio.run(
        latency.measure(broker.servers, url, "latency.", rate=half, lasts=size.lasts)
    )
    return figures | {f"{name}_half_load": value for name, value in waits.items()}


if __name__ == "__main__":
    main()
