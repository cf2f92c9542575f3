"""The form of a user: who they are here, and whose calls they see."""

from collections.abc import Mapping, Sequence

from common.errors import BadInput
from console.domain.people import Rights, Role

ROLES: Sequence[tuple[str, str]] = (
    ("admin", "Admin: sees and changes everything"),
    ("analyst", "Analyst: reads everything"),
    ("supervisor", "Supervisor: reads what is of some teams"),
    ("agent", "Agent: reads what is their own"),
)


def rights_of(form: Mapping[str, str], workspace: str | None) -> Rights:
    """Raises `BadInput` for a role that there is none."""
    role = form.get("role", "")
    if role not in set(Role):
        raise BadInput.at("role", "is none")
    return Rights(
        workspace=workspace,
        role=Role(role),
        teams=tuple(form.get("teams", "").split(",")),
        agent=form.get("agent", ""),
    )


def sees(rights: Rights) -> str:
    """In words."""
    if rights.role is Role.SUPERVISOR:
        return "calls of " + ", ".join(rights.teams)
    if rights.role is Role.AGENT:
        return f"calls of the agent {rights.agent}"
    return "everything" if rights.workspace else "everything, in every workspace"
