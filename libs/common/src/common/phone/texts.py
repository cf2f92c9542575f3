"""Telephone numbers in what people write."""

import re
from typing import overload

_NUMBER = re.compile(r"\+?\d(?:[\s().\-/]*\d){6,}")


@overload
def without_numbers(text: str) -> str: ...
@overload
def without_numbers(text: str | None) -> str | None: ...
def without_numbers(text: str | None) -> str | None:
    """With `…` in their place."""
    return None if text is None else _NUMBER.sub("…", text)
