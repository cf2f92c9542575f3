"""Reads a vendor's JSON leniently: numbers as text, text as numbers; wrong shapes are named."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from common.errors import BadInput

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


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON object and the path that leads to it. Every reader raises `BadInput`."""

    values: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""

    @classmethod
    def of(cls, raw: bytes | str) -> "Body":
        """The object that these bytes are."""
        return cls.wrapping(decoded(raw), "")

    @classmethod
    def wrapping(cls, value: Any, at: str) -> "Body":
        if not isinstance(value, dict):
            raise BadInput.at(at, "must be an object")
        return cls(value, at)

    def wrong(self, name: str, message: str) -> BadInput:
        return BadInput.at(self._path(name), message)

    def text(self, name: str) -> str | None:
        """Trimmed; None when absent or empty."""
        return as_text(self.values.get(name), self._path(name))

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise self.wrong(name, "is required")
        return value

    def number(self, name: str) -> float | None:
        return as_number(self.values.get(name), self._path(name))

    def epoch(self, name: str, *, per_second: int = 1) -> datetime | None:
        """A time counted from 1970; vendors write 0 for a time that did not come."""
        return as_epoch(self.values.get(name), self._path(name), per_second=per_second)

    def part(self, name: str) -> "Body":
        """An object within; empty when absent."""
        value = self.values.get(name)
        return Body.wrapping({} if value is None else value, self._path(name))

    def parts(self, name: str) -> "list[Body]":
        """A list of objects within; empty when absent."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(name, "must be a list")
        return [Body.wrapping(v, f"{self._path(name)}[{i}]") for i, v in enumerate(value)]

    def _path(self, name: str) -> str:
        return f"{self.at}.{name}" if self.at else name


def as_text(value: object, at: str) -> str | None:
    """Text, or a number written as such."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadInput.at(at, "must be text")
    return str(value).strip() or None


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
