"""How a place in a list is written: opaque, and safe in a URL."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

import msgspec

from common.errors import BadInput
from common.process.paging import in_utc


def place_name(at: datetime, row: UUID) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((at, row))).decode()


def place(name: str | None) -> tuple[datetime | None, UUID | None]:
    """Nothing: from the beginning. Raises `BadInput`."""
    if name is None:
        return None, None
    try:
        at, row = msgspec.json.decode(base64.urlsafe_b64decode(name), type=tuple[datetime, UUID])
        return in_utc(at), row
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise BadInput.at("query.cursor", "not a cursor of this API") from None
