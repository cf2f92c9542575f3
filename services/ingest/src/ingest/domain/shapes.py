"""Whose body it is, by its outward look: for what came to a source of another vendor."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from common.errors import BadInput

_LOOKED_AT = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Shape:
    """`sure`: nobody else's body has it. `may_be`: it could be one of theirs."""

    name: str
    sure: re.Pattern[bytes]
    may_be: re.Pattern[bytes]


def _shape(name: str, sure: bytes, may_be: bytes) -> Shape:
    return Shape(name, re.compile(sure, re.DOTALL), re.compile(may_be, re.DOTALL))


SHAPES: Mapping[str, Shape] = {
    "aircall": _shape(
        "Aircall",
        rb'"resource"\s*:.*"event"\s*:\s*"\w+\.|"event"\s*:\s*"\w+\..*"resource"\s*:',
        rb'"event"\s*:',
    ),
    "freeswitch": _shape(
        "FreeSWITCH",
        rb'"core-uuid"\s*:|"channel_data"\s*:|"callflow"\s*:|^cdr=|<cdr[\s>]',
        rb"variables|channel_data|callflow|core-uuid|cdr",
    ),
    "myoperator": _shape(
        "MyOperator",
        rb'"_ci"\s*:.*"_ld"\s*:|"_ld"\s*:.*"_ci"\s*:|^myoperator=',
        rb'"_\w\w"\s*:|"(type|event|data|event_type|payload)"\s*:|myoperator',
    ),
    "twilio": _shape("Twilio", rb"(^|&)CallSid=CA", rb"CallSid"),
}


def check_shape(vendor: str, body: bytes, *, nobodys: bool = True) -> None:
    """Of what its adapter cannot use. Raises `BadInput` for what is another vendor's.

    `nobodys`: also for what has nothing that this vendor's bodies have.
    """
    looked_at = unquote_to_bytes(body[:_LOOKED_AT]).lstrip()
    own = SHAPES.get(vendor)
    if own is None or own.sure.search(looked_at):
        return
    for slug, other in SHAPES.items():
        if slug != vendor and other.sure.search(looked_at):
            raise BadInput.at("", f"looks like {other.name}; this source's vendor is {vendor}")
    if nobodys and not own.may_be.search(looked_at):
        raise BadInput.at("", f"nothing in it is {own.name}'s, the vendor of this source")
