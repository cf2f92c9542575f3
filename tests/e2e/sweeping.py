"""Looks for somebody's traces in every table of every schema and in every record of every topic."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from common.database import Connection, Database
from common.sealing import Place

_TABLES = """
    select n.nspname as schema, c.relname as name from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    order by 1, 2
"""
_SEALABLE = """
    select c.column_name as name, c.data_type as kind from information_schema.columns c
    where c.table_schema = $1 and c.table_name = $2 and c.data_type in ('text', 'bytea', 'jsonb')
      and exists (select from information_schema.columns w where w.table_schema = $1
                  and w.table_name = $2 and w.column_name = 'workspace')
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
    """Trace -> in how many rows of which table. What columns hold as bytes, or sealed, is looked
    into.
    """
    found: dict[str, Counter[str]] = {trace: Counter() for trace in traces}
    async with db.connection() as connection:
        for row in await connection.fetch(_TABLES):
            table = f'{row["schema"]}."{row["name"]}"'
            opened = await _opened(db, connection, row["schema"], row["name"])
            for trace in traces:
                count = await _rows(connection, table, trace)
                if count := count + sum(trace.encode() in one for one in opened):
                    found[trace][f"{row['schema']}.{row['name']}"] = count
    return found


async def _opened(db: Database, connection: Connection, schema: str, table: str) -> list[bytes]:
    """All that its columns hold sealed, by the keys of `db`."""
    found: list[bytes] = []
    for column in await connection.fetch(_SEALABLE, schema, table):
        name, place = column["name"], Place(f"{schema}.{table}.{column['name']}")
        begins = "\\x01" if column["kind"] == "bytea" else "@sealed:"
        if (schema, name) == ("closed_loop", "address"):
            place = Place("closed_loop.address")  # one of calls and messages
        rows = await connection.fetch(
            f'select workspace, "{name}" as value from {schema}."{table}"'
            f" where starts_with(ltrim(\"{name}\"::text, '\"'), '{begins}')"
        )
        values = await db.sealing.opened(place, [(row["workspace"], row["value"]) for row in rows])
        assert None not in values, place
        found += [one.encode() if isinstance(one, str) else bytes(one or b"") for one in values]
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
