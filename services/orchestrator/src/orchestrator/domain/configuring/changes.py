"""What applying documents would change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from common.config.models import KINDS
from common.errors import Problem

SECTIONS: Mapping[str, str] = {f"{kind}s": kind for kind in KINDS}  # `flows` -> flow
Key = tuple[str, str]  # kind, id
Documents = Mapping[Key, Mapping[str, Any]]  # bodies as written


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody who writes one document believes of it: its `tag`, or that there is none."""

    tags: frozenset[str] | None = None  # of which it has one, `*` is any; None: nothing is said
    absent: bool = False

    def check(self, stored: Mapping[str, Any] | None) -> None:
        """Raises `Problem` 412 when it was changed meanwhile."""
        if self.absent and stored is not None:
            raise Problem(412, "There is such a document", "Read it, and write what you mean.")
        if self.tags is not None and (stored is None or not self.tags & {"*", tag(stored)}):
            raise Problem(412, "It was changed meanwhile", "Read it again, and repeat the change.")


def tag(body: Mapping[str, Any]) -> str:
    """Of a document as it is stored: another one whenever anything of it differs."""
    return blake2b(msgspec.json.encode(body, order="sorted"), digest_size=12).hexdigest()


def patched(body: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """As RFC 7396 says: null takes a field away, groups are merged, lists are replaced."""
    merged = dict(body)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            under = merged.get(name)
            merged[name] = patched(under if isinstance(under, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged


def section_of(kind: str) -> str:
    """Where a file has the documents of a kind, also of one that this version does not know."""
    return f"{kind}s"


@dataclass(frozen=True, slots=True)
class Change:
    """One document. `fields`: dotted paths of what differs."""

    change: Literal["added", "changed", "removed"]
    kind: str
    id: str
    fields: tuple[str, ...] = ()
    body: Mapping[str, Any] | None = None


def changes(before: Documents, wanted: Documents, *, prune: bool) -> list[Change]:
    """In the order of `wanted`; what it does not name is removed only when pruning.

    Documents of a kind that this version does not know are never removed.
    """
    found: list[Change] = []
    for (kind, identity), body in wanted.items():
        old = before.get((kind, identity))
        if old is None:
            found.append(Change("added", kind, identity, body=body))
        elif old != body:
            found.append(Change("changed", kind, identity, tuple(differing(old, body)), body))
    if prune:
        prunable = KINDS.keys() - {"workspace"}
        left = [key for key in before if key not in wanted and key[0] in prunable]
        found += [Change("removed", kind, identity) for kind, identity in left]
    return found


def after(before: Documents, changed: list[Change]) -> dict[Key, Mapping[str, Any]]:
    """The documents once the changes are made."""
    merged = dict(before)
    for change in changed:
        if change.body is None:
            del merged[change.kind, change.id]
        else:
            merged[change.kind, change.id] = change.body
    return merged


def differing(old: Mapping[str, Any], new: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """Dotted paths."""
    for name in sorted(old.keys() | new.keys()):
        path = f"{at}.{name}" if at else name
        one, other = old.get(name), new.get(name)
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            yield from differing(one, other, path)
        else:
            yield path
