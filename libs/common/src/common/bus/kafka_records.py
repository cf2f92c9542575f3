"""Records that Kafka carries, and for which aiokafka gives up its partition.

Header names that are no UTF-8: a batch is read by aiokafka's own fast parser; from one that it
cannot read on, the rest of a fetch is read by its slow one, made tolerant. A name is then what can
be said of it in text (`\\xff`).

Batches that cannot be unpacked, or only to more than anybody sends: in place of all its records
comes one without a value, which goes the way of what cannot be read, and the next batch is read.
"""

import time
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy
from aiokafka.structs import ConsumerRecord

from common.bus import kafka_unpacking
from common.bus.kafka_unpacking import NotUnpacked
from common.telemetry import logging

log = logging.get(__name__)
INSTEAD = "aftercall-not-unpacked"  # header of a record that stands for a batch: why
_V2 = 2  # the format that has headers; brokers of today write no other


class KeptRecords:
    """Of one partition in one fetch; `data` is what came."""

    __slots__ = ("_records", "data", "has_next", "last", "size_in_bytes")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.last: Any = None  # the batch that is being read
        self._be(MemoryRecords(data))

    def next_batch(self) -> Any:
        self.last = self._records.next_batch()
        return self.last

    def be_tolerant(self) -> None:
        """Begins anew, with the slow parser."""
        self._be(_TolerantRecords(self.data))

    def _be(self, records: Any) -> None:
        self._records = records
        self.has_next = records.has_next
        self.size_in_bytes = records.size_in_bytes


class AnyPartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc] # aiokafka has no types
    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[Any]:
        while True:
            try:
                yield from super()._unpack_records()
            except UnicodeDecodeError:
                self._records.be_tolerant()  # what was handed out is skipped by its offset
            except NotUnpacked as error:
                yield from self._instead(self._records.last, str(error))
            else:
                return

    def _instead(self, batch: Any, why: str) -> Iterator[Any]:
        """At its last offset, so that all of it is done when this one is."""
        first, following = self.next_fetch_offset, batch.next_offset
        if following <= first:
            return  # told before
        where = {"topic": self._tp.topic, "partition": self._tp.partition, "offset": first}
        log.error("batch_not_unpacked", **where, records=following - first, reason=why)
        self.next_fetch_offset = following
        yield ConsumerRecord(
            self._tp.topic,
            self._tp.partition,
            following - 1,
            int(time.time() * 1000),
            0,
            *(None, None, None, -1, -1),
            ((INSTEAD, why.encode()),),
        )


class _TolerantRecords:
    def __init__(self, data: bytes) -> None:
        self._whole = _MemoryRecordsPy(data)
        self.has_next = self._whole.has_next
        self.size_in_bytes = self._whole.size_in_bytes

    def next_batch(self) -> Any:
        following = self._whole._next_slice
        batch = self._whole.next_batch()
        if following is None or following[_MemoryRecordsPy.MAGIC_OFFSET] < _V2:
            return batch
        return _TolerantBatch(bytes(following))


class _TolerantBatch(_DefaultRecordBatchPy):  # type: ignore[misc] # likewise
    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: Any = _Buffer(self._buffer)


class _Buffer(bytearray):
    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _Text(found) if isinstance(place, slice) else found


class _Text(bytes):
    def decode(self, encoding: str = "utf-8", errors: str = "") -> str:
        return super().decode(encoding, "backslashreplace")


def install() -> None:
    """For every consumer of this process."""
    kafka_unpacking.install()
    fetcher.MemoryRecords = KeptRecords
    fetcher.PartitionRecords = AnyPartitionRecords
