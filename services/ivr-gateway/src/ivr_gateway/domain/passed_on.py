"""What a switch says of the call whose caller it passes on to us: in SIP, as its source has it.

The source, a space, and the source's own name of the call, as it told us of it: the same identity.
Where letters and digits alone are carried, everything else, and `Z` itself, is a `Z` and the two
hexadecimal digits of each byte of it.
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote

LONGEST = 200  # characters of either, as intake takes them
_ESCAPED = re.compile(r"Z([0-9A-Fa-f]{2})")
_NUMBER = re.compile(r"sips?:(\+\d{6,15})(?:[;:][^@]*)?@", re.ASCII | re.IGNORECASE)


def header_of(fields: Mapping[str, object], name: str) -> str:
    """A header's value, as a provider tells it; `name` in lower case, for case says nothing."""
    return next((str(fields[one]) for one in fields if one.lower() == name), "")


def unescaped(told: str) -> str:
    return unquote(_ESCAPED.sub(r"%\1", told))


def interaction_in(told: str) -> tuple[str, str] | None:
    """The source, and what that calls the call; None: no such thing."""
    source, _, call = told.strip().partition(" ")
    call = call.lstrip()
    return (source, call) if call and max(len(source), len(call)) <= LONGEST else None


def number_in(party: str) -> str:
    """Of a SIP address whose user is a number in full, that; everything else as it is."""
    found = _NUMBER.match(party)
    return found[1] if found else party
