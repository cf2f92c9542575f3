"""The topic reference: what is on which topic, how long, and who may do what with it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from common.bus.existing import retention_days
from common.streams.dead_letters import GROUP
from common.topics import INTAKE_PREFIX, PREFIX, TOPICS, Topic, dead, intake
from deploy.table import OPERATOR, SERVICES
from ingest.service.housekeeping import INTAKE_PARTITIONS

READER = "ingest"  # of what vendors write
GROUPS = {service.name: service.app.partition(".")[0] for service in SERVICES}
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
One principal per service, one per vendor, one for the operator's commands. Patterns are prefixes \
where they end in `*`. A service makes topics that are missing when it starts, and a dead topic \
when it first needs one; without `Create` it does not start. Aftercall's own client opens plain \
connections (no TLS, no SASL): grant to the principal that your listener gives them. To read our \
topics from a program of your own, grant it `Read` and `Describe` on the topic and `Read` on its \
group.

| principal | resource | operations |
|---|---|---|
"""


class Grant(NamedTuple):
    """`resource`: group or topic and its name; a prefix when it ends in `*`."""

    principal: str
    resource: str
    operations: tuple[str, ...]


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
        yield f"`{grant.principal}`", f"`{grant.resource}`", ", ".join(grant.operations)


def grants() -> list[Grant]:
    """Least privilege, by principal."""
    found = [grant for service in SERVICES for grant in _of_service(service.name)]
    found += [
        Grant("vendor of <source>", f"topic {ANY}", ("Describe", "Write")),
        Grant(OPERATOR, f"topic {PREFIX}.*", _ALL),
        Grant(OPERATOR, f"group {GROUP}", ("Describe", "Read")),
    ]
    return sorted(found)


_ALL = ("Create", "Describe", "DescribeConfigs", "Read", "Write")


def _of_service(name: str) -> Iterator[Grant]:
    for topic in TOPICS:
        if operations := _operations(name, topic):
            yield Grant(name, f"topic {topic.name}", operations)
        if name in topic.readers:
            yield Grant(name, f"topic {dead(topic.name)}", ("Describe", "Write"))
    if name == READER:  # and the dead topics beside them
        yield Grant(name, f"topic {INTAKE_PREFIX}*", ("Describe", "Read", "Write"))
    yield Grant(name, f"topic {PREFIX}.*", ("Create",))
    yield Grant(name, f"group {GROUPS[name]}*", ("Describe", "Read"))


def _operations(name: str, topic: Topic) -> tuple[str, ...]:
    reads = ("Read",) if name in topic.readers else ()
    writes = ("Write",) if name in topic.writers else ()
    return ("Describe", *reads, *writes) if reads or writes else ()
