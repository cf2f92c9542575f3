"""Documents as they were sent -> their meaning, with every error's place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from common.config.reader import parse_document
from common.errors import BadInput, FieldError
from orchestrator.domain.configuring.changes import SECTIONS, Key


@dataclass(frozen=True, slots=True)
class Written:
    """The documents of a file. `places`: where each stands, such as `flows.0`."""

    bodies: Mapping[Key, Mapping[str, Any]]
    places: Mapping[Key, str]


def read(body: object) -> Written:
    """Raises `BadInput` naming every wrong field of every document."""
    if not isinstance(body, dict):
        raise BadInput.at("", f"expected sections: {', '.join(SECTIONS)}")
    errors: list[FieldError] = []
    bodies: dict[Key, Mapping[str, Any]] = {}
    places: dict[Key, str] = {}
    for place, kind, document in _documents(body, errors):
        value = _meaning(kind, document, place, errors)
        if value is None:
            continue
        key = (kind, value.id)
        if key in places:
            errors.append(FieldError(place, f"the same as {places[key]}: {value.id}"))
        # The id as it is understood, so that another spelling of a number is the same document.
        bodies[key], places[key] = document, place
    if errors:
        raise BadInput(errors)
    return Written(bodies, places)


def _documents(
    body: Mapping[str, Any], errors: list[FieldError]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for section, documents in body.items():
        if section not in SECTIONS:
            errors.append(FieldError(str(section), f"unknown; there are {', '.join(SECTIONS)}"))
        elif not isinstance(documents, list):
            errors.append(FieldError(section, "must be a list"))
        else:
            for index, document in enumerate(documents):
                place = f"{section}.{index}"
                if isinstance(document, dict):
                    yield place, SECTIONS[section], document
                else:
                    errors.append(FieldError(place, "must be a mapping"))


def _meaning(kind: str, document: dict[str, Any], place: str, errors: list[FieldError]) -> Any:
    nul = [FieldError(f"{place}{path}", "must not contain NUL") for path in _with_nul(document)]
    errors += nul
    if nul:
        return None  # the database could not store it
    try:
        return parse_document(kind, document)
    except ValidationError as error:
        errors += [
            FieldError(".".join([place, *(str(part) for part in item["loc"])]), item["msg"])
            for item in error.errors(include_url=False, include_input=False)
        ]
        return None


def _with_nul(value: object, at: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if "\x00" in value:
            yield at
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _with_nul(name, f"{at}.{name!r}")
            yield from _with_nul(one, f"{at}.{name}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _with_nul(one, f"{at}.{index}")
