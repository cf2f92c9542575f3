"""Which partition a key belongs to: Java's default partitioner, so that all clients agree."""

from functools import lru_cache
from struct import unpack_from

_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def partition_of(key: bytes, partitions: int) -> int:
    """From 0 to `partitions` - 1."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


@lru_cache(maxsize=65_536)  # the same people come again and again; the hash costs 2 us
def _murmur2(data: bytes) -> int:
    """Austin Appleby's MurmurHash2, 32 bit, little-endian, with Kafka's seed."""
    length = len(data)
    words = length // 4
    h = 0x9747B28C ^ length
    for word in unpack_from(f"<{words}I", data):
        k = (word * _M) & _MASK
        k = ((k ^ (k >> 24)) * _M) & _MASK
        h = ((h * _M) & _MASK) ^ k
    if rest := data[words * 4 :]:
        h = ((h ^ int.from_bytes(rest, "little")) * _M) & _MASK
    h = ((h ^ (h >> 13)) * _M) & _MASK
    return h ^ (h >> 15)
