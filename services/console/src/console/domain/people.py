"""Who may do what, when somebody is locked out, and what a password must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

TRIES = 50  # wrong passwords in a row, from wherever, after which
LOCKED = timedelta(minutes=15)  # nobody gets in with a password, right or wrong
SHORTEST, LONGEST = 12, 200  # characters of a password


class Role(StrEnum):
    """An analyst reads figures and answers; an admin sees all and changes it."""

    ADMIN = "admin"
    ANALYST = "analyst"


SCOPES: Mapping[Role, frozenset[str]] = {
    Role.ADMIN: frozenset({"admin"}),
    Role.ANALYST: frozenset({"read"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`workspace` None: the operator, every workspace."""

    id: UUID
    email: str
    workspace: str | None
    role: Role
    password: str | None
    failures: int
    locked_until: datetime | None
    disabled: bool

    def locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until


def after_failure(user: User, now: datetime) -> tuple[int, datetime | None]:
    """Failures in a row, and until when the user is locked out."""
    failures = user.failures + 1
    return (0, now + LOCKED) if failures >= TRIES else (failures, None)


def password_problem(password: str, *, email: str) -> str | None:
    """What is wrong with it, as a sentence."""
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    if len(set(password)) < 5 or email.partition("@")[0].lower() in password.lower():
        return "That password is too easy to guess."
    return None
