"""Batches are unpacked to a bound: one of 13 kB may hold 400 MB, and whoever may write to a topic
would end the process of who reads it (docs/decisions/0291). What is larger, or cannot be unpacked,
raises `NotUnpacked`.
"""

import mmap
import struct
from collections.abc import Callable
from typing import Any

import cramjam
from aiokafka.record import default_records, legacy_records
from aiokafka.record._crecords import default_records as fast_default_records
from aiokafka.record._crecords import legacy_records as fast_legacy_records

MOST = 16 * 1024 * 1024  # bytes; producers hold batches to 1 MiB or so before they pack them
_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEADER = 16  # bytes


class NotUnpacked(Exception):
    """Of one batch; the others of its partition are read."""


def install() -> None:
    """For every consumer of this process."""
    for module in (default_records, legacy_records, fast_default_records, fast_legacy_records):
        for codec, unpack in _UNPACKERS.items():
            if hasattr(module, f"{codec}_decode"):
                setattr(module, f"{codec}_decode", unpack)


def _into(unpack: Callable[[Any, Any], int]) -> Callable[[Any], bytes]:
    def unpacked(packed: Any) -> bytes:
        # The system gives memory as it is written to, and has it back at once.
        with mmap.mmap(-1, MOST) as room:
            try:
                size = unpack(bytes(packed), room)
            except cramjam.DecompressionError as error:
                raise NotUnpacked(f"{str(error)[:100]}; at most 16 MiB") from None
            return room[:size]

    return unpacked


def _snappy(packed: Any) -> bytes:
    """Raw, or in blocks as Java writes them."""
    data, parts, size = bytes(packed), list[bytes](), 0
    try:
        if not data.startswith(_XERIAL):
            return _snappy_block(data, room=MOST)
        place = _XERIAL_HEADER
        while place < len(data):
            (length,) = struct.unpack_from("!I", data, place)
            block = data[place + 4 : place + 4 + length]
            parts.append(_snappy_block(block, room=MOST - size))
            size += len(parts[-1])
            place += 4 + length
    except (cramjam.DecompressionError, struct.error) as error:
        raise NotUnpacked(str(error)[:100]) from None
    return b"".join(parts)


def _snappy_block(block: bytes, *, room: int) -> bytes:
    """It says itself how large it is, and becomes no larger."""
    if cramjam.snappy.decompress_raw_len(block) > room:
        raise NotUnpacked("at most 16 MiB")
    return bytes(cramjam.snappy.decompress_raw(block))


_UNPACKERS = {
    "gzip": _into(cramjam.gzip.decompress_into),
    "lz4": _into(cramjam.lz4.decompress_into),
    "zstd": _into(cramjam.zstd.decompress_into),
    "snappy": _snappy,
}
