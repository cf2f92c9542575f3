"""What a vendor adapter is: a request comes in, a call comes out; all of it pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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


Parse = Callable[[Inbound, Source], Call | Amendment | None]
Verify = Callable[[Inbound, str, datetime], bool]
Check = Callable[[Mapping[str, Any]], list[FieldError]]


def no_mapping(mapping: Mapping[str, Any]) -> list[FieldError]:
    """For vendors whose format is fixed."""
    return [FieldError("mapping", "this vendor's format is fixed")] if mapping else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """`parse` returns None for an event we have no use for and raises `BadInput` naming a field.

    `verify` (bytes as they came, one signing secret, now) is the vendor's own check, if any.
    `check` looks at a source's mapping when it is configured.
    """

    slug: str
    parse: Parse
    verify: Verify | None = None
    check: Check = no_mapping
