"""What a vendor adapter is: a request comes in, a call comes out; all of it pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from common.config.models import Source
from common.errors import FieldError
from ingest.domain.call import Amendment, Call


@dataclass(frozen=True, slots=True)
class Inbound:
    """A request (or a record of an intake topic) as it came. Header names are lower-case."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    received_at: datetime | None = None


class NoEnd(StrEnum):
    """Why a request of a source reports no interaction that ended; each is counted."""

    GOING_ON = "going_on"  # ringing, answered, an event of something else
    OTHER_LEG = "other_leg"  # the customer's own leg tells the call
    NOT_SELECTED = "not_selected"  # the source's mapping says so
    OTHER_TYPE = "other_type"  # a CloudEvent about something else
    HANDSHAKE = "handshake"  # the vendor makes sure of the URL
    UNJUDGED = "unjudged"  # an event that the adapter does not know: it may have been an end


Parse = Callable[[Inbound, Source], Call | Amendment | NoEnd]
Verify = Callable[[Inbound, str, datetime], bool]
Check = Callable[[Mapping[str, Any]], list[FieldError]]


def no_mapping(mapping: Mapping[str, Any]) -> list[FieldError]:
    """For vendors whose format is fixed."""
    return [FieldError("mapping", "this vendor's format is fixed")] if mapping else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """`parse` says why an event reports no end, and raises `BadInput` naming a field.

    `verify` (bytes as they came, one signing secret, now) is the vendor's own check, if any.
    `check` looks at a source's mapping when it is configured.
    """

    slug: str
    parse: Parse
    verify: Verify | None = None
    check: Check = no_mapping
