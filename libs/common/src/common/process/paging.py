"""A list that is read page by page, the newest first: `cursor` is `next_cursor` of the page before.

A cursor says when the last row of a page was, and which row; opaque, and safe in a URL.
"""

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Query

from common.errors import BadInput

Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before.")
]


def cursor_of(at: datetime, row: UUID) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((at, row))).decode()


def position(cursor: str | None) -> tuple[datetime | None, UUID | None]:
    """Nothing twice: from the beginning. Raises `BadInput`."""
    if cursor is None:
        return None, None
    try:
        told = base64.b64decode(cursor, altchars=b"-_", validate=True)
        at, row = msgspec.json.decode(told, type=tuple[datetime, UUID])
        return in_utc(at), row
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise BadInput.at("query.cursor", "take it from `next_cursor` of the page before") from None


def in_utc(at: datetime) -> datetime:
    """Of a cursor that somebody made up, too. Raises `ValueError`: no time, or none of UTC."""
    if at.tzinfo is None:
        raise ValueError("without a zone")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the years 1 to 9999 of UTC") from None
