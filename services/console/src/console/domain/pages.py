"""Which pages somebody may open, by role: what the menu shows, and what is refused."""

from collections.abc import Mapping, Sequence

from console.domain.people import Role

HOME = "/console"
MENU: Sequence[tuple[str, str, str]] = (  # name, path, what the menu calls it
    ("overview", HOME, "Overview"),
    ("trends", f"{HOME}/trends", "Trends"),
    ("groups", f"{HOME}/groups", "Groups"),
    ("rates", f"{HOME}/rates", "Response rates"),
    ("studies", f"{HOME}/studies", "Drivers and ranking"),
    ("responses", f"{HOME}/responses", "Responses"),
    ("calls", f"{HOME}/calls", "Calls and why"),
    ("deliveries", f"{HOME}/deliveries", "Delivery log"),
    ("doubts", f"{HOME}/doubts", "Doubts"),
    ("alerts", f"{HOME}/alerts", "Alerts"),
    ("flows", f"{HOME}/flows", "Flows"),
    ("webhooks", f"{HOME}/webhooks", "Webhooks"),
    ("setup", f"{HOME}/setup", "Setup"),
    ("users", f"{HOME}/users", "Users"),
)
_OWN = frozenset({"account", "sign-out", "theme"})  # everybody's
_SEEN = frozenset(
    {"", "trends", "groups", "rates", "responses", "calls", "files", "formulas", "alerts"}
)
_FOR_ADMINS = frozenset({"users"})
_HIDDEN: Mapping[Role, frozenset[str]] = {
    Role.ADMIN: frozenset(),
    Role.ANALYST: frozenset({"webhooks", "setup", "users"}),
    Role.SUPERVISOR: frozenset({name for name, *_ in MENU} - _SEEN - {"overview"}),
    Role.AGENT: frozenset({name for name, *_ in MENU} - _SEEN - {"overview"}),
}


def menu(role: Role) -> list[tuple[str, str, str]]:
    """What somebody has a use for."""
    return [one for one in MENU if one[0] not in _HIDDEN[role]]


def may_open(role: Role, method: str, path: str) -> bool:
    """Supervisors and agents look at figures and calls; a page nobody thought of is none of theirs.

    Analysts are told by the APIs what they may not.
    """
    first = _first(path)
    if role is Role.ADMIN or first in _OWN:
        return True
    if role is Role.ANALYST:
        return first not in _FOR_ADMINS
    return method in ("GET", "HEAD") and first in _SEEN


def is_own(path: str) -> bool:
    """About oneself, such as the account."""
    return _first(path) in _OWN


def _first(path: str) -> str:
    return path.removeprefix(HOME).strip("/").partition("/")[0]
