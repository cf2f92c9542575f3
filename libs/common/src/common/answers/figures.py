"""The numbers of a message that might be a rating, and in which form each is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from common.answers.lexicon import Lexicon
from common.answers.tokens import EMPTY_STARS, FULL_STARS, Token, is_unspaced

# A star is one of five: "5 stars" on a scale to ten may well mean ten.
STARS_AT_MOST = 5


class Form(Enum):
    DIGITS = "5"
    WORD = "five"
    SCALE = "5/5"
    STARS = "5 stars"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number in the tokens `first` to `last`; `top` is what it was said to be out of."""

    first: int
    last: int
    value: int
    form: Form
    top: int | None = None

    def fits(self, low: int, high: int) -> bool:
        """Whether it can be a rating from `low` to `high` at all."""
        if self.form is Form.STARS and high > STARS_AT_MOST >= self.value:
            return False
        return low <= self.value <= high and self.top in (None, high)


@dataclass(frozen=True, slots=True)
class Figures:
    """Finds them in the tokens of one message."""

    tokens: tuple[Token, ...]
    words: Lexicon

    def all(self) -> Iterator[Figure]:
        at = 0
        while at < len(self.tokens):
            figure = self._figure(at)
            if figure is not None:
                yield figure
                at = figure.last
            at += 1

    def text(self, at: int) -> str:
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def value(self, at: int) -> int | None:
        """What a token says as a number, in digits or in words."""
        if not 0 <= at < len(self.tokens):
            return None
        token = self.tokens[at]
        return self.words.numbers.get(token.text) if token.kind == "word" else token.whole

    def is_quantity(self, last: int) -> bool:
        """Whether what follows counts something: "5 minutes", "2 of", "4 and a half"."""
        at = last + 1
        if self.text(at) == "-":
            at += 1
        if (self.text(at), self.text(at + 1)) in self.words.courtesy:  # "5 por favor"
            return False
        if self.text(at) in self.words.units - self.words.judged:
            return True
        while self.text(at) in self.words.before_halves:
            at += 1
        return self.text(at) in self.words.halves

    def number_beside(self, at: int, step: int) -> int | None:
        """The digits that only marks part from this token: "4.5", "3-4", "202 555 0101"."""
        at += step
        while 0 <= at < len(self.tokens) and self.tokens[at].kind == "mark":
            at += step
        is_number = 0 <= at < len(self.tokens) and self.tokens[at].kind == "number"
        return at if is_number else None

    def _figure(self, at: int) -> Figure | None:
        token, value = self.tokens[at], self.value(at)
        if token.kind == "stars":
            return _run_of_stars(token, at)
        if value is None:
            return None
        return (
            self._of_a_scale(at, value)
            or self._compared(at, value)
            or self._with_stars(at, value)
            or self._twice(at, value)
            or self._repeated(at, value)
            or self._in_points(at, value)
            or Figure(
                first=at,
                last=at,
                value=value,
                form=Form.DIGITS if token.kind == "number" else Form.WORD,
            )
        )

    def _twice(self, at: int, value: int) -> Figure | None:
        """In words and in digits: "five (5)", "5 (five)"."""
        if self.text(at + 1) != "(" or self.text(at + 3) != ")" or self.value(at + 2) != value:
            return None
        return Figure(first=at, last=at + 3, value=value, form=Form.DIGITS)

    def _repeated(self, at: int, value: int) -> Figure | None:
        """ "5 5 5", three times or more."""
        last = at
        while self.text(last + 1) == self.text(at) and self.tokens[last + 1].spaced:
            last += 1
        if last < at + 2 or self.tokens[at].kind != "number":
            return None
        return Figure(first=at, last=last, value=value, form=Form.DIGITS)

    def _in_points(self, at: int, value: int) -> Figure | None:
        """ "5 points" where the message ends; "3 points: ..." are no rating."""
        idle = self.words.closing | frozenset(".!")
        after = [token.text for token in self.tokens[at + 2 :]]
        if self.text(at + 1) not in self.words.points or not idle.issuperset(after):
            return None
        return Figure(first=at, last=at + 1, value=value, form=Form.DIGITS)

    def _compared(self, at: int, value: int) -> Figure | None:
        """ "4 not 5 because ...", "4, would have been 5 but ..."."""
        known = self.words
        begin = at + 2 if self.text(at + 1) == "," else at + 1
        while self.text(begin) in known.ands | known.turns:
            begin += 1
        for phrase in (*((word,) for word in known.negations), *known.unreal):
            other = begin + len(phrase)
            if tuple(map(self.text, range(begin, other))) != phrase:
                continue
            if self.text(other) in known.degrees & known.frame:  # an article
                other += 1
            goes_on = self.text(other + 1) == "," or self.text(other + 1) in (
                known.reasons | known.turns | known.prepositions
            )
            if goes_on and self.value(other) not in (None, value):
                return Figure(first=at, last=other, value=value, form=Form.DIGITS)
        return None

    def _of_a_scale(self, at: int, value: int) -> Figure | None:
        for phrase in (("/",), *self.words.scale, *self.words.scale_first):
            last = self._end_of(phrase, at + 1)
            other = None if last is None else self.value(last)
            if last is None or other is None:
                continue
            if self._is_star(last + 1):
                last += 1
            given, top = (other, value) if phrase in self.words.scale_first else (value, other)
            return Figure(first=at, last=last, value=given, form=Form.SCALE, top=top)
        return None

    def _end_of(self, phrase: tuple[str, ...], at: int) -> int | None:
        """Where it ends if it begins at `at`, however the letters of a script were joined."""
        letters, heard = "".join(phrase), ""
        last = at
        while len(heard) < len(letters) and last < len(self.tokens):
            heard += self.text(last)
            last += 1
        if is_unspaced(letters):
            return last if heard == letters else None
        return last if tuple(map(self.text, range(at, last))) == phrase else None

    def _with_stars(self, at: int, value: int) -> Figure | None:
        last = at + 2 if self.text(at + 1) == "-" else at + 1
        if not self._is_star(last):
            return None
        if self.tokens[last].kind == "word" and self._is_drawn(last + 1):
            last += 1  # "five stars ⭐"
        drawn = sum(self.text(last).count(star) for star in FULL_STARS)
        if drawn > 1 and drawn != value:
            return None
        return Figure(first=at, last=last, value=value, form=Form.STARS)

    def _is_star(self, at: int) -> bool:
        return self.text(at) in self.words.stars or self._is_drawn(at)

    def _is_drawn(self, at: int) -> bool:
        return self.text(at) != "" and self.tokens[at].kind == "stars"


def _run_of_stars(token: Token, at: int) -> Figure:
    full = sum(token.text.count(star) for star in FULL_STARS)
    empty = sum(token.text.count(star) for star in EMPTY_STARS)
    top = full + empty if empty else None
    return Figure(first=at, last=at, value=full, form=Form.STARS, top=top)
