"""What is wrong with a value, in words for those who write documents, bodies and settings."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any

# pydantic's name of an error -> our words; {names} are of its context.
_SAID: Mapping[str, str] = {
    "missing": "is missing",
    "missing_argument": "is missing",
    "missing_keyword_only_argument": "is missing",
    "unexpected_keyword_argument": "there is no such field",
    "extra_forbidden": "there is no such field",
    "string_type": "a text is needed; put digits, yes and no in quotes",
    "string_too_short": "at least {min_length} characters are needed",
    "string_too_long": "at most {max_length} characters are taken",
    "too_short": "at least {min_length} are needed",
    "too_long": "at most {max_length} are taken",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
    "finite_number": "a finite number is needed",
    "none_required": "must be absent",
}
# The beginning of its name, where one thing has many.
_KINDS: Mapping[str, str] = {
    "int_": "a whole number is needed",
    "float_": "a number is needed",
    "bool_": "true or false is needed",
    "tuple_": "a list is needed",
    "list_": "a list is needed",
    "iterable_": "a list is needed",
    "dict_": "a mapping of names to values is needed",
    "dataclass_": "a mapping of fields to values is needed",
    "model_": "a mapping of fields to values is needed",
    "mapping_": "a mapping of names to values is needed",
    "datetime_": "a time is needed, such as 2026-01-05T10:14:20Z",
    "date_": "a day is needed, such as 2026-01-05",
    "uuid_": "an id is needed, such as 0f8fad5b-d9cb-469f-a165-70867728950e",
    "path_": "a path is needed",
}
_PATTERNS: Mapping[str, str] = {
    r"^[a-z0-9][a-z0-9_-]{0,62}$": "small letters, digits, - and _, at most 63, such as acme-pbx",
    r"^[A-Z]{2}$": "a country is written as two capitals (ISO 3166), such as IN",
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$": "a language is written as en or pt-BR",
    r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$": "a language is written as en, en-IN or pt_BR",
    r"^[a-z0-9][a-z0-9_-]*$": "small letters, digits, - and _, such as acme-pbx",
    r"^[a-z0-9][a-z0-9_-]{0,29}$": "small letters, digits, - and _, at most 30, such as acme-csat",
    r"^[a-z][a-z0-9_]{0,30}$": "a small letter, then small letters, digits and _, at most 31",
    r"^[^,]{1,100}$": "at most 100 characters, and no comma",
    r"^[^\x00]+$": "at least one character, and none that is U+0000",
    r"^[^\x00]*$": "a character U+0000 is not taken",
    r"^https://[^\s]{1,500}$": "an address is written https://..., without spaces",
    r"^AC[0-9A-Za-z]{1,62}$": "an account SID is AC, then letters and digits",
    r"^[MS]A[0-9A-Z]{1,62}$": "an auth ID is MA or SA, then capitals and digits",
    r"^\d{1,32}$": "digits alone are needed, at most 32, in quotes",
    r"^\d{10,25}$": "an id that is registered in India is 10 to 25 digits, in quotes",
    r"^[A-Za-z0-9]{3,6}$": "a header that is registered in India is 3 to 6 letters and digits",
    r"^v\d{2}\.0$": "a version is written v21.0",
    "%": "iso, local, rfc2822, epoch, epoch_ms, epoch_us, epoch_ns, or such as %d.%m.%Y %H:%M",
}

_ONE = re.compile("at least 1 (character)s are needed")
_TIMEDELTA = re.compile(r"datetime\.timedelta\((.*)\)")
_PART = re.compile(r"(\w+)=(\d+)")


def said(error: Mapping[str, Any]) -> str:
    """Of one of pydantic's errors; the value itself is never in it."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern", ""))
        return _PATTERNS.get(pattern, f"must look like {pattern}")
    words = _SAID.get(kind)
    if words is not None:
        told = words.format_map({name: _written(value) for name, value in context.items()})
        return _ONE.sub(r"at least 1 \1 is needed", told)
    for beginning, words in _KINDS.items():
        if kind.startswith(beginning):
            return words
    return str(error["msg"]).removeprefix("Value error, ")


def meant(word: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` when it is nearly one of those, else nothing."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def _written(value: Any) -> str:
    """Durations, which pydantic tells as Python would write them, as documents have them."""
    told = _TIMEDELTA.fullmatch(str(value))
    if told is None:
        return str(value)
    parts = {name: int(number) for name, number in _PART.findall(told[1])}
    seconds = round(timedelta(**parts).total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
