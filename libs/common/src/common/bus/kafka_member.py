"""The settings of a member of a Kafka group, and aiokafka's objects turned into ours."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from common.bus import Partition, Record
from common.bus.kafka_records import install
from common.bus.security import Security
from common.time import utc_now

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FETCH_BYTES = 256 * 1024  # per partition and request: small, so that none crowds out the others
_FULL = 64 * 1024  # bytes that are answered at once
_PATIENT = 500  # milliseconds that the broker keeps a request while there is nothing at all
_WORTH = 0.1  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSettings:
    """Times in seconds."""

    servers: str
    client_id: str
    namespace: str
    security: Security
    session_timeout: float
    rebalance_timeout: float
    metadata_max_age: float
    commit_deadline: float = 10.0


def build(settings: ReaderSettings, group: str, *, linger: float) -> Any:
    """A consumer that is not started: it commits nothing by itself and begins at the earliest.

    `linger` in seconds. A short one is none: an idle consumer would ask more often for it.
    Raises `OSError` where a file of the settings cannot be read.
    """
    install()
    waits = linger >= _WORTH
    return AIOKafkaConsumer(
        bootstrap_servers=settings.servers,
        client_id=f"{settings.client_id}-{group}",
        group_id=settings.namespace + group,
        enable_auto_commit=False,
        isolation_level="read_committed",  # what a vendor's transaction took back was never told
        auto_offset_reset="earliest",
        # The assignor keeps its state in its class; a class per member keeps groups apart.
        partition_assignment_strategy=[type("Sticky", (StickyPartitionAssignor,), {})],
        session_timeout_ms=int(settings.session_timeout * 1000),
        heartbeat_interval_ms=int(settings.session_timeout * 1000 / 3),
        rebalance_timeout_ms=int(settings.rebalance_timeout * 1000),
        metadata_max_age_ms=int(settings.metadata_max_age * 1000),
        max_partition_fetch_bytes=_FETCH_BYTES,
        fetch_min_bytes=_FULL if waits else 1,
        fetch_max_wait_ms=int(linger * 1000) if waits else _PATIENT,
        **settings.security.arguments(),
    )


def record(partition: Partition, raw: Any) -> Record:
    """`raw` is aiokafka's. A time that can be none of a record is that of reading it."""
    return Record(
        partition=partition,
        offset=raw.offset,
        key=raw.key,
        value=raw.value,
        headers=tuple(raw.headers),
        timestamp=_time(raw.timestamp),
    )


def _time(milliseconds: int) -> datetime:
    """Producers set it to what they like; -1 is Kafka's word for none."""
    if milliseconds < 0:
        return utc_now()
    try:
        return _EPOCH + milliseconds * _MILLISECOND
    except OverflowError:  # beyond the year 9999
        return utc_now()
