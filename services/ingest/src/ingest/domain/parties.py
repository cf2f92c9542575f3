"""The parties of a call: their numbers, and which is the customer for who tells of two."""

import re

from common import phone
from common.events.values import Direction

_BARE = re.compile(r"[1-9](?:[ ().-]*[0-9]){7,14}")
_EXTENSION = re.compile(r"\d{2,6}")


def is_extension(party: str) -> bool:
    """A number of the PBX itself rather than of the telephone network."""
    return _EXTENSION.fullmatch(party.strip()) is not None


def sides(
    caller: str, callee: str, direction: Direction | None
) -> tuple[str, str, Direction | None]:
    """The customer's number, ours, and the direction as far as extensions give it away."""
    if is_extension(caller) and is_extension(callee):
        direction = Direction.INTERNAL
    elif direction is None and is_extension(caller) and callee:
        direction = Direction.OUTBOUND
    if direction is Direction.OUTBOUND:
        return callee, caller, direction
    return caller, callee, direction


def plussed(raw: str, *, least: int = 8) -> str:
    """A number that has its country's code and no plus, of at least so many digits, with one.

    Extensions, prefixes and codes of withheld callers stay as they are.
    """
    text = raw.strip()
    text = text[4:] if text[:4].lower() == "tel:" else text
    if not _BARE.fullmatch(text) or sum(map(str.isdigit, text)) < least or phone.is_withheld(text):
        return raw
    return f"+{text}"
