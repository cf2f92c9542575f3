"""Kafka's grants, from the table of topics and the services' consumer groups.

`contracts/topics.md` shows them, `aftercall grants kafka` prints and makes them, `aftercall doctor`
misses them, and `tests/secured/` runs every service with these and no others.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from aftercall.platform import SERVICES
from common.bus.grants import Acl, Kind, Operation, Pattern
from common.streams.dead_letters import GROUP
from common.topics import INTAKE_PREFIX, PREFIX, TOPICS, Topic, dead

OPERATOR = "operator"  # of the commands
READER = "ingest"  # of what vendors write
CLUSTER = "kafka-cluster"  # as Kafka names it
PRINCIPAL = "User:{name}"
_IMPLY_DESCRIBE = {Operation.READ, Operation.WRITE, Operation.DELETE, Operation.ALTER}
_DESCRIBE, _READ, _WRITE = Operation.DESCRIBE, Operation.READ, Operation.WRITE


class Grant(NamedTuple):
    """`who`: a service or `operator`; `prefixed`: of all names that begin so."""

    who: str
    kind: Kind
    name: str
    operations: tuple[Operation, ...]
    prefixed: bool = False

    def acls(self, *, namespace: str = "", principal: str = PRINCIPAL) -> Iterator[Acl]:
        """As the cluster keeps them, one for each operation."""
        name = self.name if self.kind is Kind.CLUSTER else namespace + self.name
        pattern = Pattern.PREFIXED if self.prefixed else Pattern.LITERAL
        for operation in self.operations:
            yield Acl(principal.format(name=self.who), self.kind, name, pattern, operation)


def grants() -> list[Grant]:
    """The least that works, by service; then those of the operator's commands."""
    names = [service.name.replace("_", "-") for service in SERVICES]
    return [
        *sorted(grant for name in names for grant in _of_service(name)),
        Grant(OPERATOR, Kind.CLUSTER, CLUSTER, (_DESCRIBE,)),
        Grant(OPERATOR, Kind.GROUP, GROUP, (_DESCRIBE, _READ)),
        Grant(OPERATOR, Kind.TOPIC, f"{PREFIX}.", _ALL, prefixed=True),
    ]


_ALL = (Operation.CREATE, _DESCRIBE, Operation.DESCRIBE_CONFIGS, _READ, _WRITE)


def _of_service(name: str) -> Iterator[Grant]:
    for topic in TOPICS:
        if operations := _operations(name, topic):
            yield Grant(name, Kind.TOPIC, topic.name, operations)
        if name in topic.readers:
            yield Grant(name, Kind.TOPIC, dead(topic.name), (_DESCRIBE, _WRITE))
    if name == READER:  # it makes them, and the dead topics beside them
        all_of_them = (Operation.CREATE, _DESCRIBE, _READ, _WRITE)
        yield Grant(name, Kind.TOPIC, INTAKE_PREFIX, all_of_them, prefixed=True)
    if name == READER or any(name in topic.readers for topic in TOPICS):
        yield Grant(name, Kind.GROUP, name, (_DESCRIBE, _READ))
        yield Grant(name, Kind.GROUP, f"{name}.", (_DESCRIBE, _READ), prefixed=True)


def _operations(name: str, topic: Topic) -> tuple[Operation, ...]:
    reads = (_READ,) if name in topic.readers else ()
    writes = (_WRITE,) if name in topic.writers else ()
    return (_DESCRIBE, *reads, *writes) if reads or writes else ()


def missing(wanted: Collection[Acl], there: Sequence[Acl]) -> list[Acl]:
    """What a cluster with these would refuse."""
    return [acl for acl in wanted if not _allowed(acl, there)]


def _allowed(wanted: Acl, there: Sequence[Acl]) -> bool:
    covering = [acl for acl in there if _covers(acl, wanted)]
    return bool(covering) and all(acl.allows for acl in covering)


def _covers(acl: Acl, wanted: Acl) -> bool:
    """A denial counts only for what it names itself; an allowance may imply."""
    if acl.kind is not wanted.kind or acl.principal not in (wanted.principal, "User:*"):
        return False
    if acl.pattern is Pattern.PREFIXED:
        named = wanted.name.startswith(acl.name)
    else:
        whole = acl.name == wanted.name and wanted.pattern is Pattern.LITERAL
        named = acl.pattern is Pattern.LITERAL and (whole or acl.name == "*")
    implied = acl.allows and wanted.operation is _DESCRIBE and acl.operation in _IMPLY_DESCRIBE
    return named and (acl.operation in (wanted.operation, Operation.ALL) or implied)


def commands(
    found: Sequence[Grant], *, servers: str, namespace: str, principal: str
) -> Iterator[str]:
    """For Kafka's own tool, a line per grant; `client.properties` says who the administrator is."""
    for grant in found:
        acls = list(grant.acls(namespace=namespace, principal=principal))
        operations = " ".join(f"--operation {_word(acl.operation)}" for acl in acls)
        resource = "--cluster"
        if grant.kind is not Kind.CLUSTER:
            pattern = " --resource-pattern-type prefixed" if grant.prefixed else ""
            resource = f"--{grant.kind.name.lower()} '{acls[0].name}'{pattern}"
        yield (
            f"kafka-acls.sh --bootstrap-server {servers} --command-config client.properties --add"
            f" --allow-principal '{acls[0].principal}' {operations} {resource}"
        )


def _word(operation: Operation) -> str:
    return operation.name.title().replace("_", "")


def in_words(grant: Grant) -> tuple[str, str]:
    """The resource, and what may be done with it."""
    name = f" {grant.name}{'*' if grant.prefixed else ''}" if grant.kind is not Kind.CLUSTER else ""
    return f"{grant.kind.name.lower()}{name}", ", ".join(map(_word, grant.operations))
