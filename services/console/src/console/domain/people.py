"""Who may do what, when somebody is locked out, and what a password must be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from common.errors import BadInput
from common.process.sight import OWN, Sight

TRIES = 50  # wrong passwords in a row, from wherever, after which
CODE_WEIGHT = 5  # wrong passwords that a wrong code counts for: there are fewer codes
LOCKED = timedelta(minutes=15)  # nobody gets in with a password, right or wrong
SHORTEST, LONGEST = 12, 200  # characters of a password


MOST_TEAMS, LONGEST_NAME = 100, 200  # teams of a supervisor, characters of a name


class Role(StrEnum):
    """An analyst reads figures and answers; an admin sees all and changes it.

    A supervisor reads those of some teams, an agent their own.
    """

    ADMIN = "admin"
    ANALYST = "analyst"
    SUPERVISOR = "supervisor"
    AGENT = "agent"


SCOPES: Mapping[Role, frozenset[str]] = {
    Role.ADMIN: frozenset({"admin"}),
    Role.ANALYST: frozenset({"read"}),
    Role.SUPERVISOR: frozenset({OWN}),
    Role.AGENT: frozenset({OWN}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """`workspace` None: the operator, every workspace. `teams`: a supervisor's; `agent`: the id of
    who sees their own."""

    workspace: str | None
    role: Role
    teams: tuple[str, ...] = ()
    agent: str = ""

    @property
    def sight(self) -> Sight | None:
        """None: all calls."""
        if OWN not in SCOPES[self.role]:
            return None
        return Sight(teams=self.teams, agent=self.agent)

    def shown(self) -> dict[str, Any]:
        """As the change log has it."""
        whose = {"teams": list(self.teams), "agent": self.agent}
        given = {name: value for name, value in whose.items() if value}
        return {"workspace": self.workspace, "role": str(self.role), **given}


def checked(rights: Rights) -> Rights:
    """With no more than the role has a use for. Raises `BadInput`."""
    teams = tuple(sorted({team.strip() for team in rights.teams} - {""}))
    agent = rights.agent.strip()
    if rights.role is not Role.SUPERVISOR:
        teams = ()
    elif not teams:
        raise BadInput.at("teams", "a supervisor has at least one team")
    if rights.role is not Role.AGENT:
        agent = ""
    elif not agent:
        raise BadInput.at("agent", "an agent has the id by which calls name them")
    if (teams or agent) and rights.workspace is None:
        raise BadInput.at("workspace", "supervisors and agents are of one workspace")
    if len(teams) > MOST_TEAMS:
        raise BadInput.at("teams", f"at most {MOST_TEAMS}")
    for name in (*teams, agent):
        if len(name) > LONGEST_NAME or (name and not name.isprintable()):
            where = "agent" if agent else "teams"
            raise BadInput.at(where, f"names have at most {LONGEST_NAME} printable characters")
    return Rights(workspace=rights.workspace, role=rights.role, teams=teams, agent=agent)


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`totp_needed`: somebody said so of this user; `totp_wanted`: that, or by the workspace."""

    id: UUID
    email: str
    rights: Rights
    password: str | None
    failures: int
    locked_until: datetime | None
    disabled: bool
    has_totp: bool
    totp_needed: bool
    totp_wanted: bool

    @property
    def workspace(self) -> str | None:
        """None: the operator, every workspace."""
        return self.rights.workspace

    @property
    def role(self) -> Role:
        return self.rights.role

    def locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until


def after_failure(user: User, now: datetime, *, weight: int = 1) -> tuple[int, datetime | None]:
    """Failures in a row, and until when the user is locked out."""
    failures = user.failures + weight
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
