"""`python -m bench [--quick | --peers | --growth | --latency | --neighbours | --switch | ...]`

Ours against the floor, in one run, as a ratio.

Starts a Kafka and a PostgreSQL of its own. `floor` (stock clients, no logic), `bare` (our clients,
no logic; not in a quick run) and `ours` take turns over the same events. A machine gets slower or
faster meanwhile, so each turn of ours is divided by the mean of the floors before and after it, and
the median of these ratios is told. A first round does not count: the broker compiles its code in
it, and PostgreSQL touches its memory for the first time.

`--peers` puts other ways to build it beside ours (see `side_by_side`); `--growth` measures ours by
how many contacts and flows there are. Both and the usual run take `--durable`: a server that also
survives the death of its machine, as users run it.
`--latency` instead measures the whole platform from call end to the provider's request, and what
each process used meanwhile; with `--code DIR` that of another checkout, for a comparison.
`--neighbours` measures what a workspace waits for its decisions beside a neighbour at full speed.
`--switch` measures how long a flow takes to switch off, by how many invitations there are.
`--intake` puts our ingest, a request a call, beside the least that would take one durably.
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

import uvloop

from bench import (
    calling,
    growth,
    intake,
    latency,
    neighbours,
    pacing,
    side_by_side,
    switching,
    whole,
)
from bench.events import interactions
from bench.measure import turn
from bench.turns import DURABLE, SERVER, contend, prepare
from common.bus import Message
from common.testing.kafka import Broker
from common.testing.postgres import Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`events` of a turn; `lasts` seconds of half load."""

    contenders: Sequence[str]
    events: int
    rounds: int
    lasts: float


QUICK = Size(contenders=("floor", "ours"), events=60_000, rounds=6, lasts=10.0)
WHOLE = Size(contenders=("floor", "bare", "ours"), events=120_000, rounds=7, lasts=30.0)


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
    if chosen.peers and (what := side_by_side.missing()):
        raise SystemExit(what)
    # A topic that was just made has no leader yet; the client tries again, and need not tell.
    logging.getLogger("aiokafka.producer.sender").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="aftercall-bench-") as folder:
        Path(folder).chmod(0o755)
        broker = Broker(Path(folder) / "kafka")
        server = Server(
            Path(folder) / "postgres", settings=SERVER | DURABLE if chosen.durable else SERVER
        )
        broker.folder.mkdir()
        try:
            print("starting Kafka and PostgreSQL ...", flush=True)
            server.start()
            if chosen.switch:
                figures = measure_switch(server, chosen)
            else:
                broker.start()
                figures = _with_broker(server, broker, Path(folder), chosen)
        finally:
            server.stop()
            broker.stop()
    print(json.dumps(figures, indent=2))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")


def _with_broker(
    server: Server, broker: Broker, folder: Path, chosen: argparse.Namespace
) -> dict[str, Any]:
    if chosen.peers:
        of_peers = side_by_side.QUICK if chosen.quick else side_by_side.WHOLE
        return side_by_side.measure(server, broker, folder, of_peers)
    if chosen.growth:
        return growth.measure(server, broker, growth.QUICK if chosen.quick else growth.WHOLE)
    if chosen.neighbours:
        return measure_neighbours(server, broker, folder, chosen)
    if chosen.intake:
        return uvloop.run(intake.measure(server, broker, folder))
    if chosen.calls:
        return uvloop.run(calling.measure(server, broker, folder, calls=chosen.calls))
    if chosen.whatsapp:
        pace, lasts = chosen.whatsapp, chosen.lasts
        return uvloop.run(pacing.measure(server, broker, folder, rate=pace, lasts=lasts))
    if chosen.latency:
        return measure_whole(server, broker, folder, chosen)
    return measure(server, broker, QUICK if chosen.quick else WHOLE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about two minutes")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--peers", action="store_true", help="beside other ways to build it")
    parser.add_argument("--growth", action="store_true", help="by contacts and flows there are")
    parser.add_argument("--durable", action="store_true", help="with fsync and full page writes")
    parser.add_argument("--latency", action="store_true", help="call end to provider's request")
    parser.add_argument("--neighbours", action="store_true", help="beside a noisy neighbour")
    parser.add_argument("--switch", action="store_true", help="switching a flow off")
    parser.add_argument("--invitations", default="500,5000", help="thousands, for --switch")
    parser.add_argument("--intake", action="store_true", help="calls by HTTP, a request each")
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
