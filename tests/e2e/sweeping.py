"""Looks for somebody's traces in every table of every schema and in every record of every topic."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from common.database import Connection, Database

_TABLES = """
    select n.nspname as schema, c.relname as name from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    order by 1, 2
"""
_COLUMNS = """
    select c.key as name, count(*) as rows
    from {table} t, jsonb_each_text(to_jsonb(t)) as c (key, value)
    where exists (select from unnest($1::text[]) as s where position(s in c.value) > 0)
    group by 1
"""


@dataclass(frozen=True, slots=True)
class Log:
    """A record, as bytes, with where it lies."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes


async def in_tables(db: Database, traces: Collection[str]) -> dict[str, Counter[str]]:
    """Trace -> in how many rows of which table. What columns hold as bytes is looked into."""
    found: dict[str, Counter[str]] = {trace: Counter() for trace in traces}
    async with db.connection() as connection:
        for row in await connection.fetch(_TABLES):
            table = f'{row["schema"]}."{row["name"]}"'
            for trace in traces:
                if count := await _rows(connection, table, trace):
                    found[trace][f"{row['schema']}.{row['name']}"] = count
    return found


async def _rows(connection: Connection, table: str, trace: str) -> int:
    """PostgreSQL writes bytes as hexadecimal digits."""
    count: int = await connection.fetchval(
        f"select count(*) from {table} t"
        " where position($1 in t::text) > 0 or position($2 in t::text) > 0",
        trace,
        trace.encode().hex(),
    )
    return count


async def in_columns(db: Database, traces: Collection[str]) -> Counter[str]:
    """`schema.table.column` -> in how many rows it has any of the traces, as text or as bytes."""
    found: Counter[str] = Counter()
    async with db.connection() as connection:
        for row in await connection.fetch(_TABLES):
            table = f'{row["schema"]}."{row["name"]}"'
            for column in await connection.fetch(_COLUMNS.format(table=table), _spelt(traces)):
                found[f"{row['schema']}.{row['name']}.{column['name']}"] = column["rows"]
    return found


def _spelt(traces: Collection[str]) -> list[str]:
    """PostgreSQL writes bytes as hexadecimal digits."""
    return [spelling for one in traces for spelling in (one, one.encode().hex())]


async def records(servers: str, namespace: str) -> list[Log]:
    """Everything on every topic of the namespace."""
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    reader = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
    await admin.start()
    await reader.start()
    try:
        names = [name for name in await admin.list_topics() if name.startswith(namespace)]
        parts = [
            TopicPartition(topic["topic"], part["partition"])
            for topic in await admin.describe_topics(names)
            for part in topic["partitions"]
        ]
        reader.assign(parts)
        ends = await reader.end_offsets(parts)
        await reader.seek_to_beginning(*parts)
        found: list[Log] = []
        while any([await reader.position(part) < ends[part] for part in parts]):
            polled = await reader.getmany(timeout_ms=500, max_records=5_000)
            for part, batch in polled.items():
                topic = part.topic.removeprefix(namespace)
                found += [
                    Log(topic, part.partition, one.offset, one.key, one.value or b"")
                    for one in batch
                ]
    finally:
        await reader.stop()
        await admin.close()
    return found


def in_topics(records: Collection[Log], traces: Collection[str]) -> Mapping[str, Counter[str]]:
    """Trace -> in how many records of which topic."""
    return {
        trace: Counter(one.topic for one in records if trace.encode() in one.value)
        for trace in traces
    }
