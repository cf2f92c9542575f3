"""Ours beside other ways to build it, over the same events, in turns of one run.

Every contender gets the same calls (one in a hundred twice, one person in fifty opted out) and the
same rules. First it is looked whether they decide and tell the same, then what each says to
PostgreSQL, then how fast each is: ratios are of one round, and their median is told.
"""

import asyncio
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.events import Mix, contact, interactions, with_copies
from bench.measure import turn
from bench.turns import Given, contend, prepare
from bench.wire import counted
from common.bus import Message
from common.events import decode
from common.events.decisions import Decision
from common.testing.kafka import Broker
from common.testing.postgres import Server
from common.topics import DECISIONS, STEPS_SMS, partitions

HERE = Path(__file__).parent.parent
PEERS = HERE / ".venv" / "peers" / "bin" / "python"
OUR_CODE = ("", "libs/common/src", "services/orchestrator/src", "sandbox/src")
OPTED_OUT = range(0, 400_000, 50)  # people
AGREEING = 1_000  # calls, of so few people that caps hold
FEW = Mix(people=250)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """`share`: of the events; few for who is slow, more for those who have to meet first.

    `decided`: its table; None: it decides nothing.
    """

    name: str
    module: str
    peer: bool = False
    share: float = 1.0
    decided: str | None = "orchestrator.decisions"

    @property
    def python(self) -> str | None:
        return str(PEERS) if self.peer else None


CONTENDERS: Sequence[Contender] = (
    Contender(name="floor", module="bench.floor", decided=None),
    Contender(name="quix", module="bench.peers.quix", peer=True),
    Contender(name="ours", module="bench.ours"),
    Contender(name="two", module="bench.replicas", share=4.0),
    Contender(
        name="usual", module="bench.peers.usual", peer=True, share=0.05, decided="usual.decisions"
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    events: int
    rounds: int


WHOLE = Size(events=60_000, rounds=5)
QUICK = Size(events=30_000, rounds=3)


def missing() -> str | None:
    """What to do first, in one sentence."""
    if PEERS.exists():
        return None
    return "FastStream and Quix Streams are not here: `make peers` installs them into .venv/peers."


def measure(server: Server, broker: Broker, folder: Path, size: Size) -> dict[str, Any]:
    """Figures by contender, and ours as a ratio of each."""
    with _findable():
        agreed = agreement(server, broker)
        most = int(size.events * max(one.share for one in CONTENDERS))
        messages = list(with_copies(interactions(most, seed=1)))
        feeds = {one: messages[: int(size.events * one.share)] for one in CONTENDERS}
        said = {one.name: _said(server, broker, folder, one, feeds[one]) for one in CONTENDERS}
        rates = _rounds(server, broker, feeds, size)
    return {"agreed": agreed, "said": said, **rates}


@contextmanager
def _findable() -> Iterator[None]:
    """Contenders find our code also where it is not installed."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(str(HERE / part) for part in OUR_CODE)
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def given(messages: Sequence[Message]) -> Given:
    return Given(messages=messages, opted_out=[contact(person) for person in OPTED_OUT])


# Whether they do the same


def agreement(server: Server, broker: Broker) -> dict[str, str]:
    """Contender -> how many of our verdicts and published events are its own, too."""
    messages = list(with_copies(interactions(AGREEING, seed=2, mix=FEW)))
    told = {
        one.name: asyncio.run(_outcome(server, broker, one, messages))
        for one in CONTENDERS
        if one.decided
    }
    ours = told["ours"]
    print(f"verdicts of ours over {AGREEING} calls: {dict(ours.verdicts())}")
    found = {name: other.like(ours) for name, other in told.items() if name != "ours"}
    for name, words in found.items():
        print(f"  {name:>6} {words}", flush=True)
    return found


@dataclass(frozen=True, slots=True)
class Outcome:
    """Interaction -> what was decided and why; topic -> the ids of the events in it."""

    decided: Mapping[str, Sequence[Any]]
    published: Mapping[str, frozenset[str]]

    def verdicts(self) -> Counter[str]:
        return Counter(str(reason or "invite") for _, reason, *_ in self.decided.values())

    def like(self, other: "Outcome") -> str:
        same = sum(self.decided.get(key) == told for key, told in other.decided.items())
        words = [f"{same} of {len(other.decided)} decisions agree"]
        for topic, ids in other.published.items():
            words.append(f"{len(ids & self.published[topic])} of {len(ids)} events of {topic}")
        return ", ".join(words)


async def _outcome(
    server: Server, broker: Broker, one: Contender, messages: Sequence[Message]
) -> Outcome:
    name = f"agree_{one.name}"
    url = await prepare(server, broker, name, messages, given=given(messages))
    arguments = (broker.servers, url, f"{name}.", str(len(messages)))
    await asyncio.to_thread(turn, one.module, {}, *arguments, timeout=120, python=one.python)
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(f"select interaction_id, event from {one.decided}")
    await connection.close()
    return Outcome(
        {str(row["interaction_id"]): _verdict(row["event"]) for row in rows},
        {topic: await _ids(broker, f"{name}.", topic) for topic in (DECISIONS, STEPS_SMS)},
    )


def _verdict(event: bytes) -> Sequence[Any]:
    """With every finding: what was drawn, and how many asks were counted."""
    made: Decision = decode(event, Decision).data
    return (
        made.verdict, made.reason, made.flow_id, made.channel, made.invitation_id, made.findings
    )  # fmt: skip


async def _ids(broker: Broker, namespace: str, topic: str) -> frozenset[str]:
    """Of every event that is in it now."""
    parts = [TopicPartition(namespace + topic, number) for number in range(partitions()[topic])]
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.servers, auto_offset_reset="earliest")
    found: set[str] = set()
    await consumer.start()
    try:
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        while any([await consumer.position(part) < ends[part] for part in parts]):
            polled = await consumer.getmany(timeout_ms=500)
            found |= {json.loads(r.value)["id"] for records in polled.values() for r in records}
    finally:
        await consumer.stop()
    return frozenset(found)


# What they say to PostgreSQL


def _said(
    server: Server, broker: Broker, folder: Path, one: Contender, messages: Sequence[Message]
) -> dict[str, float]:
    """Statements by the server's log, round trips by the wire, of each event."""
    some = messages[: max(1_000, len(messages) // 2)]
    name = f"said_{one.name}"
    asyncio.run(prepare(server, broker, name, some, log=True, given=given(some)))
    log = server.folder / "log"
    start = log.stat().st_size
    with counted(server.folder, folder / name) as wire:
        url = f"postgresql://postgres@/{name}?host={folder / name}"
        arguments = (broker.servers, url, f"{name}.", str(len(some)))
        turn(one.module, {}, *arguments, timeout=300, python=one.python)
    text = log.read_bytes()[start:].decode(errors="replace")
    statements = len(re.findall(r"LOG:  (?:execute [^:]*|statement): ", text))
    said = {
        "statements_per_event": round(statements / len(some), 3),
        "round_trips_per_event": round(wire.trips / len(some), 3),
    }
    print(f"  {one.name:>6} {said}", flush=True)
    return said


# How fast they are


def _rounds(
    server: Server, broker: Broker, feeds: Mapping[Contender, Sequence[Message]], size: Size
) -> dict[str, Any]:
    rounds = size.rounds
    print(f"{rounds} rounds of {size.events:,} events of about 1 kB; the usual app gets fewer")
    rates: dict[str, list[float]] = {one.name: [] for one in CONTENDERS}
    used: dict[str, list[dict[str, float]]] = {one.name: [] for one in CONTENDERS}
    for number in range(1 + rounds):
        print(
            f"round {number} of {rounds}" if number else "a round that does not count", flush=True
        )
        for one in CONTENDERS if number % 2 else reversed(CONTENDERS):
            some = feeds[one]
            run = contend(
                server,
                broker,
                f"{one.name}{number}",
                one.module,
                some,
                given=given(some),
                python=one.python,
            )
            if number:
                rates[one.name].append(run.rate)
                used[one.name].append(run.detail)
    return {
        "events_per_second": {name: round(median(of)) for name, of in rates.items()},
        "ratios": _ratios(rates),
        "cpu_us_per_event": {name: _cpu(details) for name, details in used.items()},
    }


def _ratios(rates: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Of each round; the median, and the lowest and the highest beside it."""
    pairs = [("ours", "usual"), ("ours", "floor"), ("ours", "quix"), ("two", "ours")]
    found = {}
    for one, other in pairs:
        of_round = [a / b for a, b in zip(rates[one], rates[other], strict=True)]
        found[f"{one} / {other}"] = [round(f(of_round), 3) for f in (median, min, max)]
    return found


def _cpu(details: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Of the contender, of PostgreSQL, of Kafka."""
    parts = ("cpu_us_per_event", "postgres_us_per_event", "kafka_us_per_event")
    return {part.split("_")[0]: round(median(one[part] for one in details)) for part in parts}
