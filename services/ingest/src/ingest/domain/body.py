"""Reads a vendor's JSON leniently: numbers as text, text as numbers; wrong shapes are named."""

import codecs
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from common.errors import BadInput

# A text, which is left alone, or a number that C's printf writes and JSON does not know. A text
# that is never closed goes to the end, so that the next search does not begin within it.
_NOT_JSON = re.compile(
    r'"(?:[^"\\]|\\.)*+"?|[-+]?\b(?:nan(?:\(\w*\))?|inf(?:inity)?)\b', re.IGNORECASE | re.DOTALL
)
_DIGITS = re.compile(r"[0-9]{1,6}")


class Malformed(BadInput):
    """Not JSON at all, or nested too deeply to be anybody's call."""


def decoded(raw: bytes | str) -> Any:
    """Any JSON value. Raises `Malformed`."""
    try:
        return msgspec.json.decode(raw)
    except RecursionError:
        raise Malformed.at("", "nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise Malformed.at("", f"not JSON: {error}") from None


def tolerantly_decoded(raw: bytes | str) -> Any:
    """JSON as switches write it. Raises `Malformed`.

    Beyond JSON: a byte order mark, UTF-16, bytes that are no UTF-8 (read as Latin-1, one by one),
    control characters and halves of surrogate pairs within texts, and `nan` or `inf` as numbers
    (which are then null).
    """
    with suppress(Malformed):
        return decoded(raw)
    text = raw if isinstance(raw, str) else text_of(raw)
    try:
        return json.loads(_NOT_JSON.sub(_as_null, text), strict=False)
    except (ValueError, RecursionError):
        return decoded(text)  # for what it says is wrong


def text_of(raw: bytes) -> str:
    """Never fails: what is no UTF-8 is taken for Latin-1, which has a character for every byte."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    return raw.decode("utf-8-sig", _LATIN)


def _latin(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


def _as_null(match: re.Match[str]) -> str:
    found = match.group()
    return found if found.startswith('"') else "null"


_LATIN = "aftercall.latin"
codecs.register_error(_LATIN, _latin)


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON object and the path that leads to it.

    Vendors write what they like: a fact that cannot be read is left out, and only `required`,
    `told_epoch`, `required_epoch`, `told_number` and what is no object at all raise `BadInput`.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""

    @classmethod
    def of(cls, raw: bytes | str) -> "Body":
        """The object that these bytes are. Raises `BadInput`, `Malformed`."""
        return cls.wrapping(tolerantly_decoded(raw), "")

    @classmethod
    def wrapping(cls, value: Any, at: str) -> "Body":
        if not isinstance(value, dict):
            raise BadInput.at(at, "must be an object")
        return cls(value, at)

    def wrong(self, name: str, message: str) -> BadInput:
        return BadInput.at(self._path(name), message)

    def text(self, name: str) -> str | None:
        """Trimmed; None when absent, empty, or no text."""
        with suppress(BadInput):
            return as_text(self.values.get(name), self._path(name))
        return None

    def required(self, name: str) -> str:
        value = as_text(self.values.get(name), self._path(name))
        if value is None:
            raise self.wrong(name, "is required")
        return value

    def number(self, name: str) -> float | None:
        with suppress(BadInput):
            return as_number(self.values.get(name), self._path(name))
        return None

    def told_number(self, name: str) -> float | None:
        """None only where it says none: what is there and no number raises `BadInput`."""
        return as_number(self.values.get(name), self._path(name))

    def clock(self, name: str) -> float | None:
        """Seconds of `hh:mm:ss`."""
        with suppress(BadInput):
            return as_clock(self.values.get(name), self._path(name))
        return None

    def epoch(self, name: str, *, per_second: int = 1) -> datetime | None:
        """A time counted from 1970; vendors write 0 for a time that did not come."""
        with suppress(BadInput):
            return as_epoch(self.values.get(name), self._path(name), per_second=per_second)
        return None

    def told_epoch(self, name: str, *, per_second: int = 1) -> datetime | None:
        """None only where it says none: what is there and no time raises `BadInput`."""
        return as_epoch(self.values.get(name), self._path(name), per_second=per_second)

    def required_epoch(self, name: str, *, per_second: int = 1) -> datetime:
        time = self.told_epoch(name, per_second=per_second)
        if time is None:
            raise self.wrong(name, "is required")
        return time

    def part(self, name: str) -> "Body":
        """An object within; empty when absent, or no object."""
        value = self.values.get(name)
        return Body(value if isinstance(value, dict) else {}, self._path(name))

    def parts(self, name: str) -> "list[Body]":
        """The objects of a list within, or the one object that stands in its place."""
        value = self.values.get(name)
        listed = value if isinstance(value, list) else [value]
        return [
            Body(one, f"{self._path(name)}[{index}]")
            for index, one in enumerate(listed)
            if isinstance(one, dict)
        ]

    def _path(self, name: str) -> str:
        return f"{self.at}.{name}" if self.at else name


_EXACT = 2.0**53


def as_text(value: object, at: str) -> str | None:
    """Text, or a number written as such."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadInput.at(at, "must be text")
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        value = int(value)  # some write every number so; `7.0` and `7` are one call
    return _whole(str(value)).strip() or None


def clean(text: str) -> str:
    """Without NULs, which no database keeps, and without halves of surrogate pairs."""
    return _whole(text.replace("\x00", ""))


def _whole(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def as_number(value: object, at: str) -> float | None:
    """A number, or text that is one."""
    text = as_text(value, at)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise BadInput.at(at, "must be a number") from None


def as_epoch(value: object, at: str, *, per_second: int = 1) -> datetime | None:
    """A time counted from 1970 in units of which a second has `per_second`; 0 is no time."""
    number = as_number(value, at)
    if not number:
        return None
    try:
        return datetime.fromtimestamp(number / per_second, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadInput.at(at, "is no time counted from 1970") from None


def as_iso(value: object, at: str) -> datetime | None:
    """ISO 8601 text; aware only when it names a zone."""
    text = as_text(value, at)
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise BadInput.at(at, "must be a time such as 2026-01-05T10:14:20Z") from None


def as_clock(value: object, at: str) -> float | None:
    """Seconds of `hh:mm:ss` or `mm:ss`."""
    text = as_text(value, at)
    if text is None:
        return None
    parts = text.split(":")
    if not 2 <= len(parts) <= 3 or not all(_DIGITS.fullmatch(part) for part in parts):
        raise BadInput.at(at, "must be a duration such as 00:03:58")
    hours, minutes, seconds = ([0, *map(int, parts)])[-3:]
    return float(hours * 3600 + minutes * 60 + seconds)
