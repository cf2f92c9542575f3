"""What both buses do before they write: bounds on a message, and one write for many publishers."""

from collections.abc import Sequence

from common.bus import Message
from common.errors import BadInput
from common.group_commit import GroupCommit, Write

# A broker's default limit is 1 MiB with its envelope. A dead record is the original and headers.
LIMIT = 1_000_000
DEAD_LIMIT = 2_000_000
_JOINED = 5_000  # units in one write
_WAITING = 50_000  # units; with the broker away, thousands of requests a second would pile up
_UNIT = 1_024  # bytes


def appender(write: Write[Message]) -> GroupCommit[Message]:
    """Publishes of one process, one after the other; order holds per caller.

    A message weighs a unit per kilobyte begun, so what waits is bounded in number and in bytes.
    """
    return GroupCommit(write, limit=_JOINED, most=_WAITING, weigh=_units)


def _units(message: Message) -> int:
    return 1 + size_of(message) // _UNIT


def size_of(message: Message) -> int:
    """Bytes of key, value and headers."""
    size = len(message.value or b"") + len(message.key or b"")
    if message.headers:
        size += sum(len(name.encode()) + len(value or b"") for name, value in message.headers)
    return size


def check(messages: Sequence[Message]) -> None:
    """Before anything is joined. Raises `BadInput` for what no topic would take."""
    for message in messages:
        size = size_of(message)
        if size > LIMIT and (size > DEAD_LIMIT or not message.topic.endswith(".dead")):
            raise BadInput.at("", f"{size} bytes are too large for {message.topic}")
