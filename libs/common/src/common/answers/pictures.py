"""Which marks are pictures: emoji, and the parts that they are made of."""

import unicodedata

_ARITHMETIC = frozenset("➕➖➗✖")


def is_picture(mark: str) -> bool:
    if len(mark) != 1 or mark < "\u200d" or mark in _ARITHMETIC:
        return False
    return mark in "\u200d\ufe0f" or (
        mark >= "\u2300" and unicodedata.category(mark) in ("So", "Sk", "Cn")
    )
