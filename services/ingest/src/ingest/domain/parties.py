"""Which of two parties is the customer, for vendors that speak of caller and callee."""

import re

from common.events.values import Direction

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
