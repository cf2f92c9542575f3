"""What every fact is: a frozen msgspec struct that pydantic can read too."""

from dataclasses import field, make_dataclass
from functools import cache
from typing import Any, get_type_hints

import msgspec
from msgspec import NODEFAULT, structs
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Compared and hashed by value. What has its default is not written: readers fill it in.

    Facts hold nothing that could refer back to them, so the collector need not look at them.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """How an outsider's JSON is read: every constraint of the annotations, then ourselves."""
        return core_schema.no_info_after_validator_function(
            lambda told: cls(**vars(told)), handler.generate_schema(_twin(cls))
        )


def in_full(value: Any) -> Any:
    """JSON-like, with every field of a fact: for people and programs that ask about one."""
    if isinstance(value, Fact):
        return {name: in_full(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple):
        return [in_full(one) for one in value]
    return msgspec.to_builtins(value)


@cache
def _twin(fact: type[Fact]) -> type[Any]:
    """The same fields as a dataclass, which pydantic knows how to validate and to describe."""
    hints = get_type_hints(fact, include_extras=True)
    twin = make_dataclass(
        fact.__name__,
        [(one.name, hints[one.name], _default(one)) for one in structs.fields(fact)],
        kw_only=True,
    )
    twin.__doc__, twin.__module__ = fact.__doc__, fact.__module__
    return twin


def _default(one: structs.FieldInfo) -> Any:
    if one.default_factory is not NODEFAULT:
        return field(default_factory=one.default_factory)
    return field() if one.default is NODEFAULT else field(default=one.default)
