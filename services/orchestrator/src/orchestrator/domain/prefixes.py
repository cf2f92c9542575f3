"""Numbers that begin alike: a block of a million at most, in one country and mostly one place.

Whoever is paid for texts to numbers of theirs has them in blocks, so that is where a flood shows.
"""

from datetime import datetime

LAST = 6  # digits that may differ
SHORTEST = 4  # characters, the plus among them

Prefix = tuple[str, str]  # workspace, beginning of numbers


def prefix_of(address: str | None) -> str | None:
    """None for what is no telephone number."""
    if not address or address[0] != "+":
        return None
    return address[:-LAST] if len(address) > SHORTEST + LAST else address[:SHORTEST]


def hour_of(now: datetime) -> datetime:
    """What a ceiling of an hour counts from."""
    return now.replace(minute=0, second=0, microsecond=0)
