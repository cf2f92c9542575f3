"""What lies in a record, for a person to read: its shape and its words, never a number or address.

Stricter than the logs: a record may be anybody's bytes.
"""

import json
import re
from typing import Any

_DIGITS = re.compile(r"\+?\d(?:[\s().\-/]*\d){5,}")  # six digits or more, however spaced
_EMAIL = re.compile(r"[^\s@<>\"',;=&]+@[^\s@<>\"',;=&]+")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_KEPT = re.compile(f"{_UUID.pattern}|{_TIME.pattern}", re.IGNORECASE)
SHOWN = 20_000  # characters


def masked_text(text: str) -> str:
    """Times and ids stay; other runs of digits, and e-mail addresses, do not."""
    kept: list[str] = []
    last = 0
    for match in _KEPT.finditer(text):
        kept += [_hidden(text[last : match.start()]), match.group()]
        last = match.end()
    return _printable("".join([*kept, _hidden(text[last:])]))


def masked_bytes(value: bytes) -> str:
    """JSON is laid out; anything else is shown as text where it is text."""
    try:
        laid_out = json.dumps(_masked(json.loads(value)), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        laid_out = masked_text(value.decode(errors="backslashreplace"))
    rest = len(laid_out) - SHOWN
    return laid_out if rest <= 0 else f"{laid_out[:SHOWN]}\n… and {rest} characters more"


def _printable(text: str) -> str:
    """Terminals obey some characters."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def _hidden(text: str) -> str:
    return _DIGITS.sub(_digits, _EMAIL.sub("…@…", text))


def _digits(match: re.Match[str]) -> str:
    return f"‹{sum(char.isdigit() for char in match.group())} digits›"


def _masked(value: Any) -> Any:
    match value:
        case bool() | None:
            return value
        case dict():
            return {masked_text(key): _masked(inner) for key, inner in value.items()}
        case list():
            return [_masked(inner) for inner in value]
        case int() | float():
            shown = masked_text(str(value))
            return value if shown == str(value) else shown
        case str():
            return masked_text(value)
    return value
