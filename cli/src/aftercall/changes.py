"""What `diff` and `apply` show: old and new values, and what nobody should change unknowingly."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.domain.configuring.changes import differing

LONGEST = 48  # characters of a value
SECRETS = frozenset(
    {"secrets", "signing_secrets", "auth_token", "access_token", "app_secret", "verify_token"}
)
_REFERENCE = ("secret:", "env:", "file:")
_SIGNS = {"added": ("+", "green"), "changed": ("~", "yellow"), "removed": ("-", "red")}
_MISSING = object()
Bodies = Mapping[tuple[str, str], Mapping[str, Any]]  # (kind, id) -> body
Change = Mapping[str, Any]


def bodies_of(sections: Mapping[str, Any]) -> Bodies:
    """Of a file, or of a platform's export."""
    return {
        (section.removesuffix("s"), _id(document)): document
        for section, documents in sections.items()
        for document in documents
        if isinstance(document, dict)
    }


def _id(document: Mapping[str, Any]) -> str:
    return "".join(str(document.get("id", document.get("number", ""))).split())


def described(
    changes: Sequence[Change], before: Bodies, after: Bodies
) -> Iterator[tuple[str, str | None]]:
    """Lines and their colours: a document, and below it the fields that differ."""
    for change in changes:
        sign, colour = _SIGNS.get(change["change"], ("~", "yellow"))
        place = change["kind"], change["id"]
        yield f"{sign} {change['kind']} {change['id']}", colour
        old, new = before.get(place, {}), after.get(place, {})
        for line in _lines(change.get("fields", ()), old, new):
            yield line, colour
        if change["kind"] == "flow" and change["change"] == "changed":
            yield from _switched(change["id"], old, new)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """A line for each field of a document that differs."""
    return _lines(differing(old, new), old, new)


def _lines(fields: Iterable[str], old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for field in fields:
        yield f"    {field}: {_shown(field, old)} -> {_shown(field, new)}"


def _switched(
    flow: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, str | None]]:
    was, will = bool(old.get("enabled")), bool(new.get("enabled"))
    if was != will:
        yield f"! the flow {flow} is {_word(was)} now, and this switches it {_word(will)}", "yellow"


def _word(is_on: bool) -> str:
    return "on" if is_on else "off"


def to_be_agreed(changes: Sequence[Change]) -> list[str]:
    """What somebody should say yes to: other credentials or senders, and whatever goes."""
    found = [
        f"changes the account {one['id']} ({', '.join(one['fields'])})"
        for one in changes
        if one["change"] == "changed" and one["kind"] == "account"
    ]
    found += [
        f"changes the secrets of the source {one['id']}"
        for one in changes
        if one["change"] == "changed" and one["kind"] == "source" and SECRETS & {*one["fields"]}
    ]
    gone = [f"{one['kind']} {one['id']}" for one in changes if one["change"] == "removed"]
    return [*found, *([f"removes {', '.join(gone)}"] if gone else [])]


def _shown(field: str, body: Mapping[str, Any]) -> str:
    value: Any = body
    for part in field.split("."):
        value = value.get(part, _MISSING) if isinstance(value, dict) else _MISSING
    if value is _MISSING:
        return "(default)"
    if field.rpartition(".")[2] in SECRETS:
        value = [_masked(one) for one in value] if isinstance(value, list) else _masked(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _masked(value: object) -> str:
    """A reference tells nothing; anything else may be the secret itself."""
    return value if isinstance(value, str) and value.startswith(_REFERENCE) else "(hidden)"
