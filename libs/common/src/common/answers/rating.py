"""A rating in what a person wrote: one number, standing where a rating stands, or nothing.

Everything is allowed by name (words of a frame, marks, forms); what is not known is not read, as
asking again costs a text and a wrong score cannot be noticed.
"""

import unicodedata
from dataclasses import dataclass

from common.answers.figures import Figure, Figures, Form
from common.answers.tokens import Token, message, tokens
from common.answers.words import Lexicon, lexicon

_BRACKETS = frozenset("()[]{}\"'*_«»“”‘„‚")
_STOPS = frozenset(".,;:!…=\n।،؛。，！：；、")
_DASHES = frozenset("-–—")
_ARITHMETIC = frozenset("➕➖➗✖")
_BEFORE_REST = " \t\n.,;:!…=।،-–—*_)]\"'”"
_AFTER_REST = " \t\n,;:=-–—*_([\"'“"


@dataclass(frozen=True, slots=True)
class Rating:
    """`rest`: what was said beside the number, empty when it says nothing of its own."""

    value: int
    rest: str = ""


def read_rating(text: str, *, low: int, high: int, language: str) -> Rating | None:
    """The one rating from `low` to `high` in the text; None when there is none or a doubt."""
    said = message(text)
    words = lexicon(language)
    reading = _Reading(said, Figures(tokens(said), words), words)
    figures = [figure for figure in reading.figures.all() if figure.fits(low, high)]
    ratings = [figure for figure in figures if reading.stands(figure)]
    if not ratings or any(reading.contradicts(other, ratings[0]) for other in figures):
        return None
    return Rating(ratings[0].value, reading.rest(ratings[0]))


@dataclass(frozen=True, slots=True)
class _Before:
    """The clause in which a figure stands: the token it begins with, and its words so far."""

    start: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _After:
    """Where the text after a figure goes on, and whether that is set apart from the figure."""

    start: int
    apart: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    text: str
    figures: Figures
    words: Lexicon

    def stands(self, figure: Figure) -> bool:
        """Whether the figure is put as a rating: alone, apart, or in a frame that we know."""
        before, after = self._before(figure.first), self._after(figure.last)
        if before is None or after is None or self._is_tangled(figure, after):
            return False
        framed = self.words.frame.issuperset(before.words)
        praised = (self.words.frame | self.words.praise).issuperset(before.words)
        if figure.form in (Form.SCALE, Form.STARS):
            return praised
        if figure.form is Form.WORD:
            return framed and after.apart
        if after.apart:
            return praised
        if before.start > 0:
            return False
        return not before.words or (framed and self.figures.text(after.start) in self.words.then)

    def contradicts(self, other: Figure, rating: Figure) -> bool:
        """Whether another number of the message might be the rating as well."""
        if other.value == rating.value or self.figures.is_quantity(other.last):
            return False
        if other.form is not Form.WORD:
            return True
        after = self._after(other.last)  # "nice one", "no one": a one in words is no number
        return other.value != 1 and after is not None and after.apart

    def rest(self, figure: Figure) -> str:
        """What remains of the message without the figure and its frame."""
        before, after = self._before(figure.first), self._after(figure.last)
        if before is None or after is None:
            return ""
        framed = self.words.frame.issuperset(before.words)
        begin = self._tokens[before.start if framed else figure.first].start
        end = self._tokens[after.start].start if after.start < len(self._tokens) else len(self.text)
        parts = (self.text[:begin].rstrip(_AFTER_REST), self.text[end:].lstrip(_BEFORE_REST))
        rest = " ".join(part.strip() for part in parts if part.strip())
        return rest if self._says_something(rest) else ""

    @property
    def _tokens(self) -> tuple[Token, ...]:
        return self.figures.tokens

    def _before(self, first: int) -> _Before | None:
        at = first
        while self.figures.text(at - 1) in _BRACKETS:
            at -= 1
        if at == 0:
            return _Before(0)
        mark, touching = self._tokens[at - 1], not self._tokens[at].spaced
        if mark.text in _DASHES:
            return None if touching or at == 1 else _Before(at)
        if touching and (mark.text in ".," or mark.kind == "word"):  # ".5", "B5"
            return None
        if self._is_border(mark):
            return _Before(at)
        start = at
        while start > 0 and self._tokens[start - 1].kind == "word":
            start -= 1
        if start == at or (start > 0 and not self._is_border(self._tokens[start - 1])):
            return None
        return _Before(start, tuple(token.text for token in self._tokens[start:at]))

    def _after(self, last: int) -> _After | None:
        at = last + 1
        while self.figures.text(at) in _BRACKETS:
            at += 1
        if at == len(self._tokens):
            return _After(at, apart=True)
        mark, bracketed = self._tokens[at], at > last + 1
        if mark.text in _DASHES:
            return _After(at, apart=True) if self._is_spaced_dash(at) else None
        if self._is_border(mark):
            return _After(at, apart=True)
        if mark.kind != "word" or not (mark.spaced or bracketed):
            return None
        framed = at
        while self.figures.text(framed) in self.words.frame:
            framed += 1
        if framed == len(self._tokens) or self._is_border(self._tokens[framed]):
            return _After(framed, apart=True)
        return _After(at, apart=bracketed)

    def _is_tangled(self, figure: Figure, after: _After) -> bool:
        """Part of a longer number, a choice of two, or a count of something."""
        if figure.form is not Form.STARS and self.figures.is_quantity(figure.last):
            return True
        if self.figures.text(after.start) in self.words.links and (
            self.figures.value(after.start + 1) is not None
        ):
            return True
        following = self._number_beside(figure.last, 1)
        if following is not None and not self.figures.is_quantity(following):
            return True
        return self._number_beside(figure.first, -1) is not None

    def _number_beside(self, at: int, step: int) -> int | None:
        """The digits that only marks part from this token: "4.5", "3-4", "202 555 0101"."""
        at += step
        while 0 <= at < len(self._tokens) and self._tokens[at].kind == "mark":
            at += step
        is_number = 0 <= at < len(self._tokens) and self._tokens[at].kind == "number"
        return at if is_number else None

    def _is_spaced_dash(self, at: int) -> bool:
        if at + 1 >= len(self._tokens) or self._tokens[at + 1].kind != "word":
            return False
        return self._tokens[at].spaced or self._tokens[at + 1].spaced

    def _is_border(self, token: Token) -> bool:
        return token.text in _STOPS or token.kind == "stars" or _is_picture(token.text)

    def _says_something(self, rest: str) -> bool:
        idle = self.words.frame | self.words.numbers.keys()  # "5 (five), thanks"
        return any(
            token.text not in idle if token.kind == "word" else _is_picture(token.text)
            for token in tokens(rest)
        )


def _is_picture(mark: str) -> bool:
    """An emoji, or a part of one."""
    if len(mark) != 1 or mark < "\u200d" or mark in _ARITHMETIC:
        return False
    return mark in "\u200d\ufe0f" or (
        mark >= "\u2300" and unicodedata.category(mark) in ("So", "Sk", "Cn")
    )
