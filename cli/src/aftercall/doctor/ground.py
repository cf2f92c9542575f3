"""What the platform stands on: database, schemas, broker, topics."""

import time
from collections.abc import Mapping, Sequence

from aftercall.commands.topics import Found, wanted_topics
from aftercall.doctor.findings import Finding, named, ok, problem, warning
from aftercall.platform import SERVICES
from common.bus.existing import retention_days
from common.bus.security import Security
from common.database import Database
from common.database.migrations import pending
from common.process.service import schemas
from common.topics import intake

OLDEST = 14  # major version of PostgreSQL that we are tested with, at least
SLOW = 0.1  # seconds for an empty statement
COPIES = 3


async def database(db: Database) -> list[Finding]:
    """Raises `Retry` and PostgreSQL's own errors when it does not answer."""
    async with db.connection() as connection:
        started = time.perf_counter()
        await connection.execute("select 1")
        took = time.perf_counter() - started
        row = await connection.fetchrow(
            "select current_setting('server_version_num')::int / 10000 as major,"
            " pg_is_in_recovery() as standby, current_setting('max_connections')::int as most,"
            " (select count(*) from pg_stat_activity) as used"
        )
    said = f"PostgreSQL {row['major']} answers in {took * 1000:.0f} ms"
    found = [ok("database", said)]
    if row["major"] < OLDEST:
        found = [problem("database", said, f"Use PostgreSQL {OLDEST} or newer.")]
    if row["standby"]:
        found.append(
            problem("database", "it is a standby", "Name the primary in AFTERCALL_DATABASE_URL.")
        )
    if took > SLOW:
        found.append(warning("database", "it is slow", "Run services and database side by side."))
    if row["used"] > 0.8 * row["most"]:
        text = f"{row['used']} of {row['most']} connections are in use"
        todo = "Raise max_connections or lower AFTERCALL_DATABASE_POOL_SIZE."
        found.append(warning("database", text, todo))
    return found


async def migrations(db: Database) -> list[Finding]:
    """Whether every schema is as this release needs it."""
    async with db.connection() as connection:
        missing = {
            schema: names
            for schema, package in schemas(SERVICES)
            if (names := await pending(connection, schema, package))
        }
    if not missing:
        return [ok("migrations", f"all {len(schemas(SERVICES))} schemas are up to date")]
    todo = "Run `aftercall db upgrade`; a service also does it when it starts."
    return [
        problem("migrations", f"{schema} lacks {named(list(names))}", todo)
        for schema, names in missing.items()
    ]


async def kafka(
    servers: str, namespace: str, *, security: Security, sources: Sequence[str]
) -> list[Finding]:
    """Broker and topics. Raises `Retry` when none answers."""
    from common.bus.kafka_topics import look  # loaded only where Kafka is

    cluster = await look(servers, namespace=namespace, security=security)
    said = f"Kafka answers, {cluster.brokers} {'broker' if cluster.brokers == 1 else 'brokers'}"
    found = [ok("broker", said)]
    if cluster.brokers < COPIES:
        todo = f"Run {COPIES} brokers, so that a record survives the loss of one."
        found = [warning("broker", said, todo)]
    copies = min(COPIES, cluster.brokers)
    return [*found, *topics(cluster.topics, sources=sources, copies=copies)]


def topics(there: Found, *, sources: Sequence[str], copies: int) -> list[Finding]:
    """What is missing, and what is less than we would make it."""
    wanted = wanted_topics([])
    missing = [name for name in wanted if name not in there]
    found: list[Finding] = []
    if missing:
        text = f"missing: {named(missing)}"
        found.append(problem("topics", text, "Run `aftercall topics create`."))
    unmade = [name for name in map(intake, sources) if name not in there]
    if unmade:
        text = f"sources without a topic: {named(unmade)}"
        todo = "Ingest makes them within a second where it may; else `topics create --source`."
        found.append(warning("topics", text, todo))
    found += _lesser(there, wanted, copies=copies)
    known = len(wanted) - len(missing)
    return found or [ok("topics", f"all {known} are there, as they should be")]


def _lesser(there: Found, wanted: Mapping[str, int], *, copies: int) -> list[Finding]:
    few = [n for n, count in wanted.items() if n in there and there[n].partitions < count]
    thin = [n for n in wanted if n in there and there[n].replicas < copies]
    short = [n for n in wanted if n in there and _kept(there, n) < retention_days(n)]
    long = [n for n in wanted if n in there and (there[n].retention_days or 0) > retention_days(n)]
    less = (
        (few, "fewer partitions than replicas may need", "Before going live, make them anew."),
        (thin, f"fewer than {copies} copies", "Reassign their partitions with more replicas."),
        (short, "kept for less time than we need", "Raise their retention.ms."),
        (long, "kept for longer than docs/privacy.md says", "Lower their retention.ms."),
    )
    return [warning("topics", f"{why}: {named(names)}", todo) for names, why, todo in less if names]


def _kept(there: Found, name: str) -> float:
    days = there[name].retention_days
    return float("inf") if days is None else days
