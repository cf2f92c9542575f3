"""Documents as they were sent -> their meaning, with every error's place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from common.config.documents import parse_document
from common.errors import BadInput, FieldError
from orchestrator.domain.configuring.changes import SECTIONS, Documents, Key, section_of


@dataclass(frozen=True, slots=True)
class Written:
    """The documents of a file. `places`: where each stands, such as `flows.0`."""

    bodies: Mapping[Key, Mapping[str, Any]]
    places: Mapping[Key, str]


@dataclass(frozen=True, slots=True)
class _Stored:
    """Recognises a document that is stored as it is: whoever leaves it so writes nothing.

    So a file that was exported can be applied, whatever this version does not know of it.
    """

    by_name: Mapping[tuple[str, str], list[tuple[Key, Mapping[str, Any]]]]

    @classmethod
    def of(cls, documents: Documents) -> "_Stored":
        found: dict[tuple[str, str], list[tuple[Key, Mapping[str, Any]]]] = {}
        for key, body in documents.items():
            found.setdefault((section_of(key[0]), _name(body)), []).append((key, body))
        return cls(found)

    def key_of(self, section: str, document: Mapping[str, Any]) -> Key | None:
        same = self.by_name.get((section, _name(document)), [])
        return next((key for key, body in same if body == document), None)


def _name(body: Mapping[str, Any]) -> str:
    return str(body.get("id", body.get("number")))


def read(body: object, stored: Documents | None = None) -> Written:
    """Raises `BadInput` naming every wrong field of every document that is not `stored` so."""
    if not isinstance(body, dict):
        raise BadInput.at("", f"expected sections: {', '.join(SECTIONS)}")
    kept = _Stored.of(stored or {})
    errors: list[FieldError] = []
    bodies: dict[Key, Mapping[str, Any]] = {}
    places: dict[Key, str] = {}
    for place, section, document in _documents(body, errors):
        key, wrong = _key(section, document, place)
        if wrong:
            key = kept.key_of(section, document)
        if key is None:
            errors += wrong
            continue
        if key in places:
            errors.append(FieldError(place, f"the same as {places[key]}: {key[1]}"))
        bodies[key], places[key] = document, place
    if errors:
        raise BadInput(errors)
    return Written(bodies, places)


def _documents(
    body: Mapping[str, Any], errors: list[FieldError]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(place, section, document)."""
    for section, documents in body.items():
        known = section in SECTIONS
        if not isinstance(documents, list) or not (known or documents):
            errors.append(FieldError(str(section), "must be a list" if known else _UNKNOWN))
            continue
        for index, document in enumerate(documents):
            place = f"{section}.{index}"
            if isinstance(document, dict):
                yield place, str(section), document
            else:
                errors.append(FieldError(place, "must be a mapping"))


_UNKNOWN = f"unknown; there are {', '.join(SECTIONS)}"


def _key(section: str, document: dict[str, Any], place: str) -> tuple[Key | None, list[FieldError]]:
    """The id as it is understood, so that another spelling of a number is the same document."""
    if section not in SECTIONS:
        return None, [FieldError(section, _UNKNOWN)]
    nul = [FieldError(f"{place}{path}", "must not contain NUL") for path in with_nul(document)]
    if nul:
        return None, nul  # the database could not store it
    kind = SECTIONS[section]
    try:
        return (kind, parse_document(kind, document).id), []
    except BadInput as error:
        return None, [
            FieldError(f"{place}.{one.field}".rstrip("."), one.message) for one in error.errors
        ]


def with_nul(value: object, at: str = "") -> Iterator[str]:
    """Where there is one, which the database cannot store."""
    if isinstance(value, str):
        if "\x00" in value:
            yield at
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from with_nul(name, f"{at}.{name!r}")
            yield from with_nul(one, f"{at}.{name}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from with_nul(one, f"{at}.{index}")
