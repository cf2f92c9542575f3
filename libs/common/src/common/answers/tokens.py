"""A message cut into words, numbers, runs of stars and single marks."""

import re
import unicodedata
from dataclasses import dataclass

from common.answers.letters import folded
from common.render import plain

FULL_STARS = "⭐🌟★✭✮"
EMPTY_STARS = "☆✩"

_ENCLOSING = frozenset(map(chr, range(0x20D0, 0x2100)))

# `\w` knows no vowel signs, without which Indic words fall apart.
_SIGNS = "".join(
    letter
    for letter in map(chr, range(0x300, 0xFE00))  # above: variation selectors of emoji
    if unicodedata.category(letter)[0] == "M" and letter not in _ENCLOSING
)
_LETTERS = rf"(?:[^\W\d_]|[{_SIGNS}])+"
_TOKEN = re.compile(
    rf"(?P<number>[0-9]+)|(?P<word>[ap]\.m\b\.?|{_LETTERS}(?:'{_LETTERS})*)"
    rf"|(?P<stars>(?:[{FULL_STARS}{EMPTY_STARS}]\ufe0f?)+)|(?P<mark>\n|\S)"
)
_KEYCAP = re.compile("([0-9])\ufe0f?\u20e3")
_WHOLE = re.compile("0?[1-9]|0|[1-9][0-9]{1,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """`text` is in the folded spelling; `start` and `end` are places in the message."""

    kind: str  # number | word | stars | mark
    text: str
    start: int
    end: int
    spaced: bool  # a blank stands before it

    @property
    def whole(self) -> int | None:
        """The value of digits that write a small whole number; None for `555555` or `007`."""
        return int(self.text) if self.kind == "number" and _WHOLE.fullmatch(self.text) else None


def message(text: str) -> str:
    """The text as the tokens' places count it: composed, and keycap emoji written as digits."""
    composed = unicodedata.normalize("NFC", plain(text)).replace("🔟", "10")
    return _KEYCAP.sub(r"\1", composed)


def tokens(text: str) -> tuple[Token, ...]:
    """Expects what `message` returned."""
    found, end = [], 0
    for match in _TOKEN.finditer(folded(text)):
        kind = str(match.lastgroup)
        spaced = match.start() > end
        found.append(
            Token(kind=kind, text=match[0], start=match.start(), end=match.end(), spaced=spaced)
        )
        end = match.end()
    return tuple(found)
