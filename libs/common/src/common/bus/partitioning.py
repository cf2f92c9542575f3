"""Which partition a key belongs to: as librdkafka's clients spread keys unless told otherwise.

(Java's partitioner hashes otherwise; in Python it costs as much as deciding about a call.)
"""

from zlib import crc32


def partition_of(key: bytes, partitions: int) -> int:
    """From 0 to `partitions` - 1."""
    return crc32(key) % partitions
