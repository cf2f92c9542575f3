"""What a flow is about, in words: its lists and its groups of conditions."""

from collections.abc import Iterator, Mapping
from typing import Any

GROUPS: Mapping[str, str] = {"all": "all of", "any": "any of", "none": "none of"}
_OPERATORS: Mapping[str, str] = {
    "is": "is",
    "is_not": "is not",
    "one_of": "is one of",
    "contains": "contains",
    "begins_with": "begins with",
    "at_least": "is at least",
    "at_most": "is at most",
}


def in_words(when: Any) -> list[str]:
    """A line for each list and each group; also of what only a newer version understands."""
    if not isinstance(when, Mapping):
        return []
    lists = [f"{_plain(name)}: {_listed(when[name])}" for name in when if name not in GROUPS]
    return [*lists, *(_group(name, when[name]) for name in GROUPS if name in when)]


def groups_in_words(when: Any) -> list[str]:
    """Only what the form has no fields for."""
    if not isinstance(when, Mapping):
        return []
    return in_words({name: value for name, value in when.items() if name in GROUPS})


def names(when: Any, field: str) -> bool:
    """Whether some group speaks of the field."""
    if isinstance(when, Mapping):
        return when.get("field") == field or any(names(when.get(name), field) for name in GROUPS)
    return isinstance(when, list) and any(names(one, field) for one in when)


def _group(name: str, conditions: Any) -> str:
    listed = conditions if isinstance(conditions, list) else [conditions]
    return f"{GROUPS[name]}: {'; '.join(map(_condition, listed))}"


def _condition(one: Any) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    if "field" not in one:
        return " and ".join(
            f"({_group(name, value)})" if name in GROUPS else f"{_plain(name)} {_listed(value)}"
            for name, value in one.items()
        )
    zone = f" in {one['zone']}" if one.get("zone") else ""
    return f"{_field(str(one['field']))}{zone} {' and '.join(_said(one))}"


def _said(test: Mapping[str, Any]) -> Iterator[str]:
    known = [name for name in _OPERATORS if name in test]
    for name in (*known, *(name for name in test if name not in _OPERATORS)):
        value = test[name]
        if name == "exists":
            yield "is told" if value else "is not told"
        elif name not in ("field", "zone"):
            yield f"{_OPERATORS.get(name, _plain(name))} {_listed(value)}"


def _field(name: str) -> str:
    kind, _, own = name.partition(".")
    return own if kind == "attributes" and own else _plain(name)


def _plain(name: str) -> str:
    return str(name).replace("_", " ")


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
