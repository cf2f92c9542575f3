"""A place in a list that is read page by page, the newest first: when it was, and which row."""

from datetime import datetime
from uuid import UUID

from common.errors import BadInput


def place_name(at: datetime, row: UUID) -> str:
    return f"{at.isoformat()}~{row}"


def place(name: str | None) -> tuple[datetime | None, UUID | None]:
    """Nothing twice: from the beginning. Raises `BadInput`."""
    if name is None:
        return None, None
    at, _, row = name.partition("~")
    try:
        read = datetime.fromisoformat(at), UUID(row)
    except ValueError:
        raise BadInput.at("before", "take it from `next` of the page before") from None
    if read[0].tzinfo is None:
        raise BadInput.at("before", "take it from `next` of the page before")
    return read
