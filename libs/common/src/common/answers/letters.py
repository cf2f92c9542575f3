"""One spelling for comparing: lower case, plain Latin letters, ASCII digits, place by place."""

import unicodedata
from functools import lru_cache

# Written either way by most people.
_ALIKE = {"ى": "ي", "ة": "ه", "ٱ": "ا", "ک": "ك", "ی": "ي", "ı": "i", "ø": "o", "ł": "l", "ё": "е"}


@lru_cache(maxsize=4_096)
def _letter(letter: str) -> str:
    digit = unicodedata.decimal(letter, None)
    if digit is not None:
        return str(digit)
    if letter in "’ʼ＇`´":
        return "'"
    if unicodedata.category(letter) == "No":  # "5²" is not 52
        return letter
    compatible = unicodedata.normalize("NFKC", letter)
    lower = (compatible if len(compatible) == 1 else letter).lower()
    if lower in _ALIKE:
        return _ALIKE[lower]
    bare = unicodedata.normalize("NFD", lower)[0]
    if bare.isascii() or "\u0600" <= bare <= "\u06ff":
        return bare
    return lower if len(lower) == 1 else letter


def folded(text: str) -> str:
    """As long as `text`, so that places in one are places in the other. Expects NFC."""
    return "".join(map(_letter, text))
