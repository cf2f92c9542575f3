"""What is before and after a number in a message, and where its clause begins and ends."""

from dataclasses import dataclass

from common.answers.comments import Clause, sounds
from common.answers.figures import Figures
from common.answers.lexicon import Lexicon
from common.answers.naming import is_label
from common.answers.pictures import is_picture
from common.answers.tokens import Token, is_unspaced

_BRACKETS = frozenset("()[]{}\"'*_~«»“”‘„‚¡¿")
_STOPS = frozenset(".,;:!…=\n।،؛。，！：；、")
_DASHES = frozenset("-–—")
_LONGEST_INTRODUCTION = 6  # words


@dataclass(frozen=True, slots=True)
class Before:
    """The clause in which a figure stands: the token it begins with, and its words so far."""

    start: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class After:
    """Where the text after a figure goes on, and whether that is set apart from the figure."""

    start: int
    apart: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    text: str
    figures: Figures
    words: Lexicon

    @property
    def tokens(self) -> tuple[Token, ...]:
        return self.figures.tokens

    def is_framed(self, before: Before) -> bool:
        """Whether what stands before says nothing of its own."""
        said, known = before.words, self.words
        return known.frame.issuperset(said) or any(
            said[at:] in known.introductions and known.frame.issuperset(said[:at])
            for at in range(max(0, len(said) - _LONGEST_INTRODUCTION), len(said))
        )

    def before(self, first: int) -> Before | None:
        at = first
        while self.figures.text(at - 1) in _BRACKETS:
            at -= 1
        if at == 0:
            return Before(0)
        mark, touching = self.tokens[at - 1], not self.tokens[at].spaced
        if mark.text in _DASHES:
            return None if touching or at == 1 else Before(at)
        if touching and self._is_part_of_what_is_before(at):
            return None
        if mark.text == "." and is_label(self.tokens, at - 1, self.words):
            return None
        if is_border(mark):
            return Before(at)
        after_so = self._after_so(at)
        if after_so is not None:
            return after_so
        start = at
        while start > 0 and self.tokens[start - 1].kind == "word":
            start -= 1
        if start == at or (start > 0 and not is_border(self.tokens[start - 1])):
            return None
        return Before(start, tuple(token.text for token in self.tokens[start:at]))

    def _after_so(self, at: int) -> Before | None:
        """What is left of the clause after a "so", where that is a frame: "..., so I give 5"."""
        start = at
        while start > 0 and self.tokens[start - 1].kind == "word":
            start -= 1
            said = tuple(token.text for token in self.tokens[start:at])
            for phrase in self.words.therefore:
                if said[: len(phrase)] != phrase or start < 2:
                    continue
                begun = Before(start + len(phrase), said[len(phrase) :])
                follows = self.figures.text(start - 1) not in self._bound_to_so
                if follows and self.is_framed(begun):
                    return begun
        return None

    @property
    def _bound_to_so(self) -> frozenset[str]:
        """What a "so" after it belongs to: "or so", "not so", "is so"."""
        known = self.words
        return known.links | known.denying | known.verbs | known.degrees | known.conditions

    def _is_part_of_what_is_before(self, at: int) -> bool:
        """A token that touches the one before it: ".5", "B5", "=3"."""
        mark = self.tokens[at - 1]
        if mark.kind == "word":
            return not self._may_touch(mark, self.words.frame)
        return self.text[mark.start] in ".," or (mark.text in ":=" and (at == 1 or mark.spaced))

    def after(self, last: int) -> After | None:
        at = last + 1
        while self.figures.text(at) in _BRACKETS or self._is_doubled_dash(at):
            at += 1
        if at == len(self.tokens):
            return After(at, apart=True)
        mark, bracketed = self.tokens[at], at > last + 1
        if mark.text in _DASHES:
            return After(at, apart=True) if self._is_spaced_dash(at) else None
        if is_border(mark):
            return After(at, apart=True)
        if mark.text == "/" and self._is_spaced_dash(at):
            return After(at, apart=True)
        if mark.kind != "word":
            return None
        if not (mark.spaced or bracketed or self._may_touch(mark, self.words.closing)):
            return None
        closed = at
        while self.figures.text(closed) in self.words.closing:
            closed += 1
        if closed == len(self.tokens) or is_border(self.tokens[closed]):
            return After(closed, apart=not self._sounds(last, at))
        return After(at, apart=bracketed)

    def clause(self, start: int) -> Clause:
        following = []
        for at in range(start, len(self.tokens)):
            if self.tokens[at].kind == "word":
                following.append(self.tokens[at])
            elif self.tokens[at].text != "-" or self._is_spaced_dash(at):  # "so-so" is two words
                break
        return Clause(
            words=tuple(token.text for token in following),
            written=tuple(self.text[token.start : token.end] for token in following),
        )

    def _sounds(self, last: int, at: int) -> bool:
        value = self.figures.value(last)
        return value is not None and sounds(value, self.clause(at).words, self.words)

    def _may_touch(self, token: Token, words: frozenset[str]) -> bool:
        """In scripts without blanks."""
        return is_unspaced(token.text) and token.text in words

    def _is_doubled_dash(self, at: int) -> bool:
        """The first of two: "5 -- great"."""
        return self.figures.text(at) in _DASHES and self.figures.text(at + 1) in _DASHES

    def _is_spaced_dash(self, at: int) -> bool:
        if at + 1 >= len(self.tokens) or self.tokens[at + 1].kind != "word":
            return False
        return self.tokens[at].spaced or self.tokens[at + 1].spaced


def is_border(token: Token) -> bool:
    return token.text in _STOPS or token.kind == "stars" or is_picture(token.text)
