"""A draft: a document that somebody is still writing. It may be wrong, and is used by nothing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from common.errors import FieldError, Problem
from orchestrator.domain.configuring.changes import Documents, Key, differing, section_of

MOST = 200  # of a workspace
LARGEST_TOGETHER = 2 * 1024 * 1024  # bytes, of all of a workspace
DEEPEST = 32  # levels; documents have ten
MOST_FIELDS = 100  # that are told
LONGEST_VALUE = 80  # characters of one that is told
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`base`: the document as it was when the draft began; None: there was none."""

    kind: str
    id: str
    body: Mapping[str, Any]
    base: Mapping[str, Any] | None
    written_at: datetime
    written_by: str

    @property
    def key(self) -> Key:
        return self.kind, self.id

    @property
    def fields(self) -> tuple[str, ...]:
        """Dotted paths of what it changes, the first hundred."""
        return tuple(islice(differing(self.base or NOTHING, self.body), MOST_FIELDS))

    def moved(self, stored: Mapping[str, Any] | None) -> tuple[str, ...]:
        """Dotted paths of what others have changed since it began, the first hundred."""
        return tuple(islice(differing(self.base or NOTHING, stored or NOTHING), MOST_FIELDS))


def too_deep(value: object, left: int = DEEPEST) -> bool:
    """Whether it is nested further than any document is."""
    if isinstance(value, Mapping):
        return left == 0 or any(too_deep(one, left - 1) for one in value.values())
    if isinstance(value, list):
        return left == 0 or any(too_deep(one, left - 1) for one in value)
    return False


def sections(drafts: Sequence[Draft]) -> tuple[dict[str, list[Mapping[str, Any]]], dict[str, Key]]:
    """As a file has them, and whose each place (`flows.0`) is."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    places: dict[str, Key] = {}
    for one in drafts:
        section = found.setdefault(section_of(one.kind), [])
        places[f"{section_of(one.kind)}.{len(section)}"] = one.key
        section.append(one.body)
    return found, places


def named(errors: Sequence[FieldError], places: Mapping[str, Key]) -> list[FieldError]:
    """By kind and id (`flow.billing.delay`) in the place of where it stands among the drafts."""
    return [FieldError(_named(one.field, places), one.message) for one in errors]


def _named(field: str, places: Mapping[str, Key]) -> str:
    section, _, rest = field.partition(".")
    index, _, inside = rest.partition(".")
    key = places.get(f"{section}.{index}")
    return ".".join(filter(None, (*key, inside))) if key else field


def check_bases(drafts: Sequence[Draft], before: Documents) -> None:
    """Raises `Problem` 409 with what others have changed since the drafts began."""
    moved = [error for one in drafts for error in _moved(one, before.get(one.key))]
    if moved:
        raise Problem(
            409,
            "It has changed since the draft began",
            "Look at what changed, and write the draft anew over it (`rebase`).",
            errors=moved,
        )


def _moved(draft: Draft, stored: Mapping[str, Any] | None) -> Iterator[FieldError]:
    if draft.base == stored:
        return
    place = f"{draft.kind}.{draft.id}"
    if draft.base is None or stored is None:
        yield FieldError(place, "was made since" if draft.base is None else "was removed since")
        return
    for path in draft.moved(stored):
        old, new = _value(draft.base, path), _value(stored, path)
        yield FieldError(f"{place}.{path}", f"{old} -> {new}")


def _value(body: Mapping[str, Any], path: str) -> str:
    at: Any = body
    for name in path.split("."):
        if not isinstance(at, Mapping) or name not in at:
            return "nothing"
        at = at[name]
    told = json.dumps(at, ensure_ascii=False)
    return told if len(told) <= LONGEST_VALUE else f"{told[:LONGEST_VALUE]}…"
