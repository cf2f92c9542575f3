"""Ours as a workspace grows: contacts that are known, flows that a call may come by.

Each size begins with a copy of a database that was filled once. Sizes take turns; each turn is
divided by the smallest size's of the same round. Everybody who calls is known, at every size, and
nobody's cap is reached, so that the same share of calls is asked about.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench.events import ANY, WORKSPACE, Mix, configuration, contact, interactions
from bench.measure import Run
from bench.turns import Given, contend, create, drop
from common.config.store import Document
from common.testing.kafka import Broker
from common.testing.postgres import Server
from orchestrator.domain.contact import Ask

CONTACTS = (10_000, 1_000_000, 10_000_000)
FLOWS = (1, 10, 100)
CPU = ("cpu", "postgres", "kafka")  # of ours, of the servers
ASKS = 1_000  # in 30 days: nobody reaches it
# The address as ours are long; ids of others are as random as ours. In no order, as they came.
_FILL = """
    insert into orchestrator.contacts (workspace, id, address, asks)
    select $1, id, '+1201555' || lpad((random() * 9999)::int::text, 4, '0'), $4
    from (
        select unnest($2::uuid[]) as id
        union all select gen_random_uuid() from generate_series(1, $3)
    ) every order by random()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    events: int
    rounds: int


WHOLE = Size(events=60_000, rounds=5)
QUICK = Size(events=30_000, rounds=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """One size: its configuration, and who calls about what. `contacts`: rows there."""

    name: str
    size: int
    documents: Sequence[Document]
    mix: Mix = ANY
    contacts: int = 0


def sizes_of_contacts() -> list[Grown]:
    return [
        Grown(
            name=f"contacts_{size}",
            size=size,
            documents=configuration(asks=ASKS),
            mix=Mix(people=size),
            contacts=size,
        )
        for size in CONTACTS
    ]


def sizes_of_flows(by: str) -> list[Grown]:
    """`queue`: every flow has its own, which is looked up. `tag`: its own tag, so that every flow

    is looked at for every call.
    """
    names = [f"{by}-{number}" for number in range(max(FLOWS))]
    mix = Mix(queues=names) if by == "queue" else Mix(tags=names)
    return [
        Grown(
            name=f"flows_by_{by}_{size}",
            size=size,
            documents=configuration(_flows(by, names, size), asks=ASKS),
            mix=mix,
        )
        for size in FLOWS
    ]


def _flows(by: str, names: Sequence[str], size: int) -> list[dict[str, Any]]:
    """Between them they name all; the more there are, the fewer each."""
    key = f"{by}s"
    return [
        {"id": f"flow-{number}", "when": {key: list(names[number::size])}} for number in range(size)
    ]


def measure(server: Server, broker: Broker, size: Size) -> dict[str, Any]:
    """Rates by size, and as a ratio of the smallest."""
    events, rounds = size.events, size.rounds
    return {
        "contacts": _grow(server, broker, sizes_of_contacts(), events=events, rounds=rounds),
        **{
            f"flows by {by}": _grow(
                server, broker, sizes_of_flows(by), events=events, rounds=rounds
            )
            for by in ("queue", "tag")
        },
    }


def _grow(
    server: Server, broker: Broker, sizes: Sequence[Grown], *, events: int, rounds: int
) -> dict[str, Any]:
    feeds = {one.name: list(interactions(events, seed=1, mix=one.mix)) for one in sizes}
    for one in sizes:
        print(f"filling {one.name} ...", flush=True)
        asyncio.run(_fill(server, one, events))
    runs: dict[int, list[Run]] = {one.size: [] for one in sizes}
    for number in range(1 + rounds):
        print(
            f"round {number} of {rounds}" if number else "a round that does not count", flush=True
        )
        for one in sizes if number % 2 else reversed(sizes):
            messages, name = feeds[one.name], f"{one.name}_{number}"
            begin = Given(messages=messages, template=one.name)
            run = contend(server, broker, name, "bench.ours", messages, given=begin)
            print(f"         with {one.name}")
            asyncio.run(drop(server, name))
            if number:
                runs[one.size].append(run)
    for one in sizes:
        asyncio.run(drop(server, one.name))
    return _figures(runs)


def _figures(runs: Mapping[int, Sequence[Run]]) -> dict[str, Any]:
    """Beside rates what a processor does for an event, which says more on a busy machine."""
    smallest = runs[min(runs)]
    return {
        str(size): {
            "events_per_second": round(median(run.rate for run in of)),
            "ratio": _ratio([a.rate / b.rate for a, b in zip(of, smallest, strict=True)]),
            "cpu_us_per_event": _medians(of),
            "cpu_ratio": _ratio([_used(b) / _used(a) for a, b in zip(of, smallest, strict=True)]),
        }
        for size, of in runs.items()
    }


def _medians(runs: Sequence[Run]) -> dict[str, int]:
    return {part: round(median(run.detail[f"{part}_us_per_event"] for run in runs)) for part in CPU}


def _used(run: Run) -> float:
    return float(sum(run.detail[f"{part}_us_per_event"] for part in CPU))


def _ratio(of_rounds: Sequence[float]) -> float:
    return round(median(of_rounds), 3)


async def _fill(server: Server, grown: Grown, events: int) -> None:
    """The template of one size."""
    await create(server, grown.name, Given(messages=(), documents=grown.documents))
    connection = await asyncpg.connect(server.url(grown.name))
    if grown.contacts:
        calling = _callers(events, grown.mix)
        others = max(0, grown.contacts - len(calling))
        await connection.execute("set work_mem = '256MB'; set maintenance_work_mem = '512MB'")
        await connection.execute("alter table orchestrator.contacts drop constraint contacts_pkey")
        await connection.execute(_FILL, WORKSPACE, calling, others, _asked(), timeout=3_600)
        await connection.execute(
            "alter table orchestrator.contacts add primary key (workspace, id)", timeout=3_600
        )
    await connection.execute("vacuum analyze", timeout=3_600)
    await connection.execute("checkpoint", timeout=600)
    await connection.close()


def _callers(events: int, mix: Mix) -> list[UUID]:
    """Those of the people who call at all."""
    if mix.people <= events:
        return [contact(person) for person in range(mix.people)]
    called = {message.key for message in interactions(events, seed=1, mix=mix)}
    return [UUID(key.decode()) for key in called if key]


def _asked() -> bytes:
    """One ask each, so long ago that no cap counts it."""
    before = datetime.now(UTC) - timedelta(days=60)
    ask = Ask(contact(0), before, before, "billing-nps", "nps", survey="nps")
    return msgspec.msgpack.Encoder(uuid_format="bytes").encode((ask,))
