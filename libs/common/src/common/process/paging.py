"""A place in a list that is read page by page, the newest first: when it was, and which row."""

from datetime import UTC, datetime
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
        return in_utc(datetime.fromisoformat(at)), UUID(row)
    except ValueError:
        raise BadInput.at("before", "take it from `next` of the page before") from None


def in_utc(at: datetime) -> datetime:
    """Of a place that somebody made up, too. Raises `ValueError`: no time, or none of UTC."""
    if at.tzinfo is None:
        raise ValueError("without a zone")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the years 1 to 9999 of UTC") from None
