"""How facts are declared: immutable to the type checker, cheap to make.

A frozen dataclass sets every field through a call; a decision with its envelope has thirty, and
they are a seventh of what deciding costs. So mypy refuses to change a fact, the run time trusts it.
"""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def fact(declared: type[T]) -> type[T]:
    """Slots, keyword arguments only, compared and hashed by value."""
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(declared)
