"""A turn of a contender: a database and topics of its own, and a process that empties them."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import psutil

from bench.events import WORKSPACE, configuration
from bench.measure import Run, turn
from common.bus import Message
from common.bus.kafka import KafkaBus
from common.config.store import Document, save
from common.database import Database
from common.process.service import upgrade
from common.testing.kafka import Broker
from common.testing.postgres import Server
from common.topics import partitions
from orchestrator import app
from orchestrator.domain.consent import BITS

CHUNK = 5_000
# A turn writes a quarter of a gigabyte: with the default, how fast pages are evicted is measured.
SERVER: dict[str, str] = {"shared_buffers": "1GB"}
# As users run it, where the tests' server forgives the machine nothing.
DURABLE: dict[str, str] = {"fsync": "on", "full_page_writes": "on", "wal_level": "replica"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a turn begins with. `opted_out`: contacts that no SMS may reach.

    `template`: a database to begin with, instead of an empty one with these documents.
    """

    messages: Sequence[Message]
    documents: Sequence[Document] = ()
    opted_out: Iterable[UUID] = ()
    template: str = ""


async def prepare(
    server: Server,
    broker: Broker,
    name: str,
    messages: Sequence[Message],
    *,
    log: bool = False,
    given: Given | None = None,
) -> str:
    """A fresh database and fresh topics (namespace `name.`), filled; the database's URL."""
    given = given or Given(messages=messages)
    await create(server, name, given, log=log)
    bus = KafkaBus(broker.servers, namespace=f"{name}.")
    await bus.create_topics(partitions())
    for start in range(0, len(messages), CHUNK):
        await bus.publish(messages[start : start + CHUNK])
    await bus.close()
    return server.url(name)


async def create(server: Server, name: str, given: Given, *, log: bool = False) -> None:
    """The database alone."""
    admin = await asyncpg.connect(server.url())
    copied = f" template {given.template} strategy file_copy" if given.template else ""
    await admin.execute(f"create database {name}{copied}", timeout=600)
    if log:
        await admin.execute(f"alter database {name} set log_statement = 'all'")
    await admin.close()
    if not given.template:
        await set_up(server.url(name), given)


async def set_up(url: str, given: Given) -> None:
    """Our tables in a database that has none, the documents, and who opted out."""
    await upgrade(url, [app.service])
    db = await Database.connect(url)
    async with db.transaction() as connection:
        await save(connection, given.documents or configuration(), by="bench")
        await connection.execute(  # the calls ended before: a flow asks about none from before it
            "update config.documents set enabled_since = now() - interval '1 day'"
            " where enabled_since is not null"
        )
        await connection.copy_records_to_table(
            "contacts",
            schema_name="orchestrator",
            columns=("workspace", "id", "withdrawn"),
            records=[(WORKSPACE, one, BITS["sms"]) for one in given.opted_out],
        )
    await db.close()


async def drop(server: Server, name: str) -> None:
    admin = await asyncpg.connect(server.url())
    await admin.execute(f"drop database {name} with (force)", timeout=600)
    await admin.close()


def contend(
    server: Server,
    broker: Broker,
    name: str,
    module: str,
    messages: Sequence[Message],
    *,
    given: Given | None = None,
    python: str | None = None,
) -> Run:
    """One turn of one contender over its own full topic."""
    url = asyncio.run(prepare(server, broker, name, messages, given=given))
    before = cpu_seconds(server), cpu_seconds(broker)
    run = turn(
        module, {}, broker.servers, url, f"{name}.", str(len(messages)), timeout=300, python=python
    )
    used = cpu_seconds(server) - before[0], cpu_seconds(broker) - before[1]
    for part, seconds in zip(("postgres", "kafka"), used, strict=True):
        run.detail[f"{part}_us_per_event"] = round(1e6 * seconds / len(messages))
    print(f"  {run.name:>6} {run.rate:10,.0f} events/s  {run.detail}", flush=True)
    return run


def cpu_seconds(part: Server | Broker) -> float:
    """Of its process and of those that it started, so far."""
    process = psutil.Process(part.pid)
    used = float(sum(process.cpu_times()[:4]))  # with what its children used that have ended
    return used + sum(_own(one) for one in process.children(recursive=True))


def _own(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:2]))
    except psutil.NoSuchProcess:  # it ended: the parent has what it used from now on
        return 0.0
