"""Value types that several facts use."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from common.events.enumeration import OpenEnum


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs a zone, such as 2026-01-05T10:14:20Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time must lie in the years 1 to 9999 of UTC") from None


def _iso_text(value: object) -> object:
    # Pydantic would read 1767608060 as epoch seconds; an outsider who sends that is guessing.
    if isinstance(value, bool | int | float) or (isinstance(value, str) and _is_number(value)):
        raise ValueError("a time is ISO 8601 text with a zone, such as 2026-01-05T10:14:20Z")
    return value


def _is_number(value: str) -> bool:
    return value.strip().lstrip("+-").replace(".", "", 1).isdigit()


def _no_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("must not contain a NUL character")
    return value


Time = Annotated[datetime, BeforeValidator(_iso_text), AfterValidator(_utc)]
Word = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_no_nul)]
Text = Annotated[str, Field(max_length=4_000), AfterValidator(_no_nul)]
Seconds = Annotated[float, Field(ge=0, le=7 * 86_400)]

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(minutes=5)  # clocks of vendors that run ahead of ours


class Kind(OpenEnum):
    """What may start a survey."""

    CALL = "call"
    TICKET = "ticket"
    CHAT = "chat"
    AUDIENCE = "audience"  # nobody called: somebody named the person, to be asked
    UNKNOWN = "unknown"


class Ending(OpenEnum, said=True):
    """How an interaction ended; only `connected` means that an agent and the person talked."""

    CONNECTED = "connected"
    MISSED = "missed"
    ABANDONED = "abandoned"
    VOICEMAIL = "voicemail"
    BUSY = "busy"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Direction(OpenEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


class Channel(OpenEnum):
    SMS = "sms"
    IVR = "ivr"
    WHATSAPP = "whatsapp"
    EMAIL = "email"
    WEB = "web"
    UNKNOWN = "unknown"


class Metric(OpenEnum):
    """Declared in the survey, never guessed from the scale."""

    CSAT = "csat"
    NPS = "nps"
    CES = "ces"
    MOOD = "mood"
    UNKNOWN = "unknown"
