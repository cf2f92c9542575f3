"""Records whose header names are no UTF-8: Kafka carries them, aiokafka gives up its partition.

A batch is read by aiokafka's own fast parser; from one that it cannot read on, the rest of a fetch
is read by its slow one, made tolerant. A name is then what can be said of it in text (`\\xff`).
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy

_V2 = 2  # the format that has headers; brokers of today write no other


class KeptRecords:
    """Of one partition in one fetch; `data` is what came."""

    __slots__ = ("data", "has_next", "next_batch", "size_in_bytes")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._be(MemoryRecords(data))

    def be_tolerant(self) -> None:
        """Begins anew, with the slow parser."""
        self._be(_TolerantRecords(self.data))

    def _be(self, records: Any) -> None:
        self.has_next = records.has_next
        self.next_batch = records.next_batch
        self.size_in_bytes = records.size_in_bytes


class AnyPartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc] # aiokafka has no types
    def _unpack_records(self) -> Iterator[Any]:
        try:
            yield from super()._unpack_records()
        except UnicodeDecodeError:
            self._records.be_tolerant()  # what was handed out is skipped by its offset
            yield from super()._unpack_records()


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
    fetcher.MemoryRecords = KeptRecords
    fetcher.PartitionRecords = AnyPartitionRecords
