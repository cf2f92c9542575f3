"""Kafka's words for grants (ACLs); the numbers are those of its protocol."""

from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What is granted; numbers are the protocol's."""

    TOPIC = 2
    GROUP = 3
    CLUSTER = 4


class Operation(IntEnum):
    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11
    OTHER = -1  # none that we grant


class Pattern(IntEnum):
    LITERAL = 3
    PREFIXED = 4
    OTHER = -1


class Acl(NamedTuple):
    """One line of the cluster's list. `principal` is Kafka's: `User:ingest`."""

    principal: str
    kind: Kind
    name: str
    pattern: Pattern
    operation: Operation
    allows: bool = True
