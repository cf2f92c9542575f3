"""A message cut into words, numbers, runs of stars and single marks."""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

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
    rf"(?P<number>[0-9]+)|(?P<word>\b(?:gr8|m8|w8|l8r?|h8|str8)\b|[ap]\.m\b\.?|{_LETTERS}(?:'{_LETTERS})*)"
    rf"|(?P<stars>(?:[{FULL_STARS}{EMPTY_STARS}]\ufe0f?)+)|(?P<mark>\n|\S)"
)
_KEYCAP = re.compile("([0-9])\ufe0f?\u20e3")
_UNWRITTEN = {mark: None for mark in (*range(0x64B, 0x653), 0x640)}  # Arabic vowels, tatweel
_CIRCLED = {0x24EA: "0", **{0x2460 + at: str(at + 1) for at in range(10)}}
_POINT_ZERO = re.compile(r"(?<![\d.,])(\d{1,2})\.0(?![\d.,])")  # "5.0" is a 5
# Scripts that put no blanks between words: every letter is a token until a table joins them.
_UNSPACED = re.compile("[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_LONGEST_WORD = 10  # letters of such a script
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
    composed = unicodedata.normalize("NFC", plain(text)).replace("🔟", "10").translate(_CIRCLED)
    return _POINT_ZERO.sub(r"\1", _KEYCAP.sub(r"\1", composed))


def tokens(text: str, known: Collection[str] = ()) -> tuple[Token, ...]:
    """Expects what `message` returned. `known`: words of scripts without blanks, to be found."""
    spelling = folded(text)
    found: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(spelling):
        for start, stop in _parts(match):
            word = spelling[start:stop].translate(_UNWRITTEN)
            kind = str(match.lastgroup)
            found.append(Token(kind=kind, text=word, start=start, end=stop, spaced=start > end))
            end = stop
    return tuple(_joined(found, known)) if known else tuple(found)


def is_unspaced(word: str) -> bool:
    """Whether it begins with a letter of a script without blanks."""
    return _UNSPACED.match(word) is not None


def _parts(match: re.Match[str]) -> Iterator[tuple[int, int]]:
    start = match.start()
    if match.lastgroup == "word":
        for letter in _UNSPACED.finditer(match.string, match.start(), match.end()):
            if start < letter.start():
                yield start, letter.start()
            yield letter.span()
            start = letter.end()
    if start < match.end():
        yield start, match.end()


def _joined(cut: list[Token], known: Collection[str]) -> Iterator[Token]:
    at = 0
    while at < len(cut):
        word = cut[at]
        last = at
        if is_unspaced(word.text):
            text = word.text
            for other in range(at + 1, min(at + _LONGEST_WORD, len(cut))):
                if cut[other].spaced or not is_unspaced(cut[other].text):
                    break
                text += cut[other].text
                if text in known:
                    word, last = replace(cut[at], text=text, end=cut[other].end), other
        yield word
        at = last + 1
