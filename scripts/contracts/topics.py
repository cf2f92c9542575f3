"""The topic reference: what is on which topic, how long, and who may do what with it."""

from collections.abc import Iterable, Iterator, Sequence

from aftercall.grants.kafka import OPERATOR, READER, grants, in_words
from common.bus.existing import retention_days
from common.topics import PREFIX, TOPICS, dead, intake
from ingest.service.housekeeping import INTAKE_PARTITIONS

ANY, ANY_DEAD = intake("<source>"), dead("<topic>")
HEAD = """\
# Topics
Written by `make contracts` from `libs/common/src/common/topics.py`; edits are lost.

Every name and group has `AFTERCALL_KAFKA_NAMESPACE` before it, where that is set. Partitions and \
days are what `aftercall topics create` makes; a topic that exists is left as it is. Three copies \
where there are three brokers, `cleanup.policy=delete`. Values are CloudEvents 1.0 in structured \
JSON; the types link to their schemas. Topics have no order among each other; within a key, \
records are in order and come at least once.

| topic | types | key | partitions | days | written by | read by |
|---|---|---|---|---|---|---|
"""
NOTES = f"""
- `{ANY}`: one per source, made within a second of the source's being configured. Values are what \
the source would post: its vendor's own body, or a \
[CloudEvent](intake/cloudevent.schema.json). Nothing there is trusted.
- `{ANY_DEAD}`: records that could not be used, bytes, key and headers unchanged; `dead-*` headers \
say where they lay, which group could not use them and why. `aftercall dead list`, `show` and \
`redrive` work on them.
- `{PREFIX}.callbacks`: providers' requests as they came, while PostgreSQL was away. No contract: \
the sender that wrote them reads them.
- The key of a person's events is `contact_id` in its text form (the interaction's id where the \
caller is not known); partition = CRC-32 of the key modulo the number of partitions.

## Who may do what
One principal per service, one per vendor, one for the operator's commands; `aftercall grants \
kafka` prints the commands that make them, or makes them. Names are prefixes where they end in \
`*`. The topics themselves are made by `aftercall topics create`, as the operator; ingest alone \
makes those of new sources. A test runs every service with these grants and no others. To read our \
topics from a program of your own, grant it `Read` and `Describe` on the topic and `Read` on its \
group. \
How services say who they are: [encryption-and-access.md](../docs/encryption-and-access.md).

| principal | resource | operations |
|---|---|---|
"""


def files() -> dict[str, str]:
    return {"topics.md": HEAD + _lines(_rows()) + NOTES + _lines(_granted())}


def _lines(rows: Iterable[Sequence[object]]) -> str:
    return "".join(f"| {' | '.join(str(cell) for cell in row)} |\n" for row in rows)


def _rows() -> Iterator[Sequence[object]]:
    for topic in TOPICS:
        types = ", ".join(f"[{name}](events/{name}.schema.json)" for name in topic.types)
        yield (
            f"`{topic.name}`",
            types or "none",
            topic.key,
            topic.partitions,
            topic.retention_days,
            ", ".join(topic.writers),
            ", ".join(topic.readers),
        )
    sent = "[as the source sends it](intake/cloudevent.schema.json)"
    days = retention_days(intake("any"))
    yield f"`{ANY}`", sent, "any", INTAKE_PARTITIONS, days, "the vendor", READER
    days = retention_days(dead("any"))
    yield f"`{ANY_DEAD}`", "as it came", "as it came", 1, days, "the topic's readers", OPERATOR


def _granted() -> Iterator[Sequence[object]]:
    for grant in grants():
        resource, operations = in_words(grant)
        yield f"`{grant.who}`", f"`{resource}`", operations
    yield "`vendor of <source>`", f"`topic {ANY}`", "Describe, Write"
