"""What a button's id says, and which answers are buttons at all; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

MOST = 10  # quick replies of a template, rows of a list
_ID = re.compile(
    r"a1:(?P<question>[a-z0-9_-]{1,63}):(?P<value>\d{1,3})(?::(?P<invitation>[0-9a-f-]{36}))?"
)


@dataclass(frozen=True, slots=True)
class Chosen:
    question_id: str
    value: int
    invitation_id: UUID | None


def choice_id(question: str, value: int, invitation: str | None = None) -> str:
    """Comes back when it is tapped. At most 140 characters; Meta allows 200 in a list."""
    return f"a1:{question}:{value}" + (f":{invitation}" if invitation else "")


def chosen(identity: str) -> Chosen | None:
    """None: no button of ours, or one of a newer version."""
    found = _ID.fullmatch(identity)
    if found is None:
        return None
    try:
        invitation = UUID(found["invitation"]) if found["invitation"] else None
    except ValueError:
        return None
    return Chosen(found["question"], int(found["value"]), invitation)


def titles(low: int, high: int) -> Sequence[tuple[int, str]]:
    """Value and title of each answer; nothing when there are more than can be shown."""
    if high - low >= MOST:
        return ()
    return [(value, str(value)) for value in range(low, high + 1)]
