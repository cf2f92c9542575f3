"""Bodies of the API, and how a place in a list is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channel.operation.listing import LoggedMessage, LoggedSend
from common.errors import BadInput


@dataclass(frozen=True, slots=True)
class SendsPage:
    """`next` is the `before` of the following page."""

    sends: Sequence[LoggedSend]
    next: str | None


@dataclass(frozen=True, slots=True)
class MessagesPage:
    """`next` is the `before` of the following page."""

    messages: Sequence[LoggedMessage]
    next: str | None


def place_name(at: datetime, row: UUID) -> str:
    return f"{at.isoformat()}~{row}"


def place(name: str | None) -> tuple[datetime, UUID] | None:
    """Raises `BadInput`."""
    if name is None:
        return None
    at, _, row = name.partition("~")
    try:
        read = datetime.fromisoformat(at), UUID(row)
    except ValueError:
        raise BadInput.at("before", "take it from `next` of the page before") from None
    if read[0].tzinfo is None:
        raise BadInput.at("before", "take it from `next` of the page before")
    return read
