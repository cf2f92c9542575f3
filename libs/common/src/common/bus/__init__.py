"""The topics, behind one protocol with two implementations and one contract suite.

`kafka.py` is Apache Kafka; `pglog.py` is an append-only log in PostgreSQL, for one machine.
Both promise: order within a partition, at least once, nothing published is lost after `publish`
returned, several groups read independently. Neither promises order across topics.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import NamedTuple, Protocol, Self, TypeAlias

import msgspec

from common.errors import Retry


class Partition(NamedTuple):
    topic: str
    number: int


Headers: TypeAlias = tuple[tuple[str, bytes | None], ...]  # names may repeat


class Message(msgspec.Struct, frozen=True, gc=False):
    """To be published. `key` decides the partition; `value` is bytes as they will be read.

    A value, of a message or of a header, may be null: so outsiders' records are given back.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Record(msgspec.Struct, frozen=True, gc=False):
    """As it was read. `offset` grows within its partition, from 0, without promise of density."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: datetime


class RecordsLost(Exception):
    """What a group wanted to read next is gone: retention passed, or the topic was made anew.

    Nothing goes on by itself: an operator has to say from where (docs/runbook.md).
    """

    def __init__(self, partition: Partition, *, wanted: int, found: int | None = None) -> None:
        there = "" if found is None else f"; the oldest there is {found}"
        super().__init__(f"{partition.topic}/{partition.number} has no offset {wanted}{there}")
        self.partition = partition


class NotOurs(Retry):
    """We may not make a topic; whoever may has to, if it is not there."""


class Subscription(Protocol):
    """One member of one group. One task polls; the rest may be called while it does."""

    async def poll(
        self, *, max_records: int, timeout: float
    ) -> Mapping[Partition, Sequence[Record]]:
        """What has arrived on partitions that are ours and not paused; empty after `timeout` s.

        Hands out each record once, from the committed offset on (the earliest when there is none),
        fairly over partitions. After a rebalance, records start again at the committed offset.
        """
        ...

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """The next offset to read, per partition. Ignored for partitions no longer ours."""
        ...

    def pause(self, partition: Partition, *, until: float, offset: int) -> None:
        """Hands out nothing of it before loop time `until`; then again from `offset` on."""
        ...

    async def lag(self) -> Mapping[Partition, int]:
        """Records published and not committed, per partition of ours."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


OnRevoked = Callable[[], Awaitable[None]]


class Bus(Protocol):
    """Publishes and subscribes. Built once per process by `common.process.service`."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Durable (acks=all, or committed) when it returns. Raises `Retry` when that cannot be."""
        ...

    def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        *,
        pattern: str | None = None,
        on_revoked: OnRevoked | None = None,
        linger: float = 0.0,
    ) -> Subscription:
        """Joins `group`; `pattern` (a prefix) instead of `topics` takes every topic that begins so.

        `linger`: seconds that a record may lie at the broker until there are more; a request for
        each record costs both sides more than the record.
        `on_revoked` is awaited before partitions are let go, so that work in hand can finish.
        Topics that end in `.dead` never match a pattern.
        """
        ...

    async def create_topics(self, partitions: Mapping[str, int]) -> None:
        """Makes the topics that do not exist yet. Raises `Retry`; `NotOurs` where it may not."""
        ...

    async def ends(self, topic: str) -> Mapping[Partition, int]:
        """The next offset of every partition, each from its leader, none from memory.

        Raises `Retry` when one of them does not answer, or there is no such topic.
        """
        ...

    async def handled(self, group: str, topic: str) -> Mapping[Partition, int]:
        """What the group has committed, whoever its members are, of every partition.

        Where it has committed nothing, the oldest offset there is. Raises `Retry`.
        """
        ...

    async def ready(self) -> None:
        """Raises when publishing is not possible now."""
        ...

    async def close(self) -> None: ...
