"""What fields there are in a part of a document, for those who mistyped one."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from common.config.accounts import Account, kinds_of_account

UNSET = "exclude"  # of a field that the reader sets, nobody else


def fields_at(model: type[Any], place: Sequence[str | int]) -> set[str]:
    """Names of the fields of whatever is at `place`; none where names are free."""
    found = [model]
    for part in place:
        found = [inner for one in found for inner in _inside(one, part)]
    return {name for one in found for kind in _kinds(one) for name in own_fields(kind)}


def own_fields(model: type[Any]) -> list[str]:
    """Those that a document may have."""
    if not is_dataclass(model):
        return []
    hints = get_type_hints(model, include_extras=True)
    return [one.name for one in fields(model) if not _set_by_reader(hints[one.name])]


def _set_by_reader(hint: Any) -> bool:
    return any(getattr(one, UNSET, False) for one in getattr(hint, "__metadata__", ()))


def _inside(hint: Any, part: str | int) -> Iterator[Any]:
    for kind in _kinds(hint):
        if is_dataclass(kind):
            known = get_type_hints(kind)
            if part in known:
                yield known[str(part)]
        elif arguments := get_args(kind):
            yield arguments[-1] if get_origin(kind) is dict else arguments[0]


def _kinds(hint: Any) -> Iterator[Any]:
    """Of a union, each; of accounts, those of every provider."""
    if hint is Account:
        yield from kinds_of_account()
    elif get_origin(hint) in (None, tuple, dict, list):
        yield hint
    else:
        for one in get_args(hint):
            yield from _kinds(one)
