"""One document and its meaning: strict when it is written, tolerant when it is read.

A version may find documents that the next one wrote. What it does not know is passed over where
that is safe, and puts the document out of use where it might have said: do not ask.
`docs/decisions/0013-tolerant-reading.md` has the table with its reasons.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from common.config.made_of import fields_at
from common.config.models import KINDS, Workspace
from common.config.soundness import unsound
from common.errors import MOST_ERRORS, BadInput, FieldError, and_more
from common.events.enumeration import TOLERANT
from common.wording import meant, said

ANYWHERE = "**"
NUMBERED = "*"
# What readers set, and nobody writes.
STAMPED: Mapping[str, frozenset[str]] = {
    "survey": frozenset({"version"}),
    "flow": frozenset({"version", "enabled_since"}),
}
_ADAPTERS = {kind: TypeAdapter(model) for kind, model in KINDS.items()}
_NOT_KNOWN = ("unexpected_keyword_argument", "literal_error")  # a field; a word


@dataclass(frozen=True, slots=True)
class Safe:
    """Where a field, or a word of an enumeration, may be passed over: paths, `*` for an index."""

    fields: frozenset[str] = frozenset()  # what the unknown field is in
    words: frozenset[str] = frozenset()


SAFE: Mapping[str, Safe] = {
    "workspace": Safe(
        fields=frozenset({"caps.*"}),
        words=frozenset({"caps.*.metric", "explicit_consent.*"}),
    ),
    "source": Safe(fields=frozenset({ANYWHERE})),
    "number": Safe(fields=frozenset({ANYWHERE}), words=frozenset({"use"})),
    "account": Safe(fields=frozenset({ANYWHERE})),
    "survey": Safe(
        fields=frozenset({ANYWHERE}),
        words=frozenset({"questions.*.kind", "questions.*.only.*"}),
    ),
    "flow": Safe(
        fields=frozenset({"caps.*"}),
        words=frozenset(
            {
                "caps.*.metric",
                "when.kinds.*",
                "when.endings.*",
                "when.directions.*",
                "plan.*.channel",
                "plan.*.when.*",
                "plan.*.line_types.*",
            }
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Document:
    """What is read. `passed_over`: paths of what this version does not know."""

    value: Any
    passed_over: tuple[str, ...] = ()


def parse_document(
    kind: str, body: Mapping[str, Any], *, version: int = 0, enabled_since: datetime | None = None
) -> Any:
    """A document that somebody writes. Raises `BadInput` with every wrong field."""
    if given := STAMPED.get(kind, frozenset()) & body.keys():
        raise BadInput([FieldError(one, "is not written: it is told") for one in sorted(given)])
    try:
        value = _ADAPTERS[kind].validate_python(body)
    except ValidationError as error:
        found = _told(error)
        told = [FieldError(_path(one), _wrong(kind, one)) for one in found[:MOST_ERRORS]]
        raise BadInput([*told, *and_more(len(found))]) from None
    if wrong := list(unsound(value)):
        raise BadInput(wrong)
    return _stamped(kind, value, version, enabled_since)


def read_document(
    kind: str, body: Mapping[str, Any], *, version: int = 0, enabled_since: datetime | None = None
) -> Document:
    """A document that is stored, by whatever version. Raises `BadInput`: it is out of use."""
    try:
        value = _ADAPTERS[kind].validate_python(body)
        passed_over: tuple[str, ...] = ()
    except ValidationError as error:
        value, passed_over = _tolerantly(kind, body, _errors(error))
    if wrong := list(unsound(value)):
        raise BadInput(wrong)
    return Document(_stamped(kind, value, version, enabled_since), passed_over)


def salvaged(workspace: str, body: Any) -> Workspace:
    """Of a workspace whose document cannot be read: whatever of it can be.

    It asks nobody, but calls and answers come in, are credited to the right day, and are kept.
    """
    kept = {"name": workspace} | (body if isinstance(body, dict) else {}) | {"id": workspace}
    try:
        found = _workspace(kept)
    except ValidationError as error:
        wrong = {str(one["loc"][0]) for one in _errors(error) if one["loc"]}
        kept = _without(wrong, kept, workspace)
        found = _workspace(kept)
    unsound_ones = {one.field.partition(".")[0] for one in unsound(found)}
    return _workspace(_without(unsound_ones, kept, workspace)) if unsound_ones else found


def _without(wrong: Collection[str], body: Mapping[str, Any], workspace: str) -> dict[str, Any]:
    sound = {name: value for name, value in body.items() if name not in wrong}
    return {"name": workspace, **sound, "id": workspace}


def _workspace(body: Mapping[str, Any]) -> Workspace:
    found: Workspace = _relaxed("workspace", body)
    return found


def _tolerantly(
    kind: str, body: Mapping[str, Any], found: list[ErrorDetails]
) -> tuple[Any, tuple[str, ...]]:
    """What follows from an unknown field, such as a list that is too short, is no error then."""
    unknown = [one for one in found if one["type"] in _NOT_KNOWN]
    wrong = [one for one in unknown if not _is_safe(kind, one)]
    if not wrong:
        try:
            return _relaxed(kind, body), tuple(_path(one) for one in unknown)
        except ValidationError as error:
            wrong = _errors(error)
    raise BadInput([FieldError(_path(one), _said(one)) for one in wrong])


def _relaxed(kind: str, body: Mapping[str, Any]) -> Any:
    return _ADAPTERS[kind].validate_python(body, context=TOLERANT, extra="ignore")


def _is_safe(kind: str, error: ErrorDetails) -> bool:
    safe, place = SAFE[kind], [_part(part) for part in error["loc"]]
    if error["type"] == "unexpected_keyword_argument":
        return ANYWHERE in safe.fields or ".".join(place[:-1]) in safe.fields
    return ".".join(place) in safe.words


def _part(part: int | str) -> str:
    return NUMBERED if isinstance(part, int) else part


def _said(error: ErrorDetails) -> str:
    if error["type"] == "unexpected_keyword_argument":
        return "this version does not know the field, which may say whom not to ask"
    return said(error)


def _wrong(kind: str, error: ErrorDetails) -> str:
    """Of what somebody writes: a field that is nearly one of ours is a slip of the finger."""
    if error["type"] != "unexpected_keyword_argument":
        return said(error)
    *place, name = error["loc"]
    known = fields_at(KINDS[kind], place)
    near = meant(str(name), known)
    there = f"; there are {', '.join(sorted(known))}" if known and not near else ""
    return said(error) + (near or there)


def _path(error: ErrorDetails) -> str:
    return ".".join(str(part) for part in error["loc"])


def _errors(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False)


def _told(error: ValidationError) -> list[ErrorDetails]:
    """Without "at least 1 is needed" of a list whose only one is wrong, which is said already."""
    found = _errors(error)

    def said_within(short: ErrorDetails) -> bool:
        place = short["loc"]
        return any(one["loc"][: len(place)] == place and one is not short for one in found)

    return [one for one in found if one["type"] != "too_short" or not said_within(one)]


def _stamped(kind: str, value: Any, version: int, enabled_since: datetime | None) -> Any:
    if kind == "survey":
        return replace(value, version=version)
    if kind == "flow":
        return replace(value, version=version, enabled_since=enabled_since)
    return value
