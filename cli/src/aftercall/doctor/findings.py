"""What the doctor says, a line per thing looked at: never a secret, never a person's number."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"  # it works, but not as it should
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`todo` is a sentence for whoever can mend it; empty when all is well."""

    area: str
    level: Level
    text: str
    todo: str = ""


def ok(area: str, text: str) -> Finding:
    return Finding(area, Level.OK, text)


def warning(area: str, text: str, todo: str) -> Finding:
    return Finding(area, Level.WARNING, text, todo)


def problem(area: str, text: str, todo: str) -> Finding:
    return Finding(area, Level.PROBLEM, text, todo)


def named(names: list[str], *, most: int = 5) -> str:
    """`a, b and 3 more`."""
    rest = len(names) - most
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:most])} and {rest} more"
