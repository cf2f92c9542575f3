"""How a number stands in a message: what is before it, what is after it, and what it touches."""

from dataclasses import dataclass

from common.answers.comments import Clause, Opening, sounds
from common.answers.figures import Figure, Figures, Form
from common.answers.lexicon import Lexicon
from common.answers.naming import is_label, is_of_a_place
from common.answers.pictures import is_picture
from common.answers.tokens import Token, is_unspaced

_BRACKETS = frozenset("()[]{}\"'*_~«»“”‘„‚¡¿")
_STOPS = frozenset(".,;:!…=\n।،؛。，！：；、")
_SENTENCE_ENDS = frozenset(".!…\n।。！")
_ASKS = frozenset("?؟？")
_DASHES = frozenset("-–—")
_EQUALS = frozenset(":=")
_A_LONG_NUMBER = 3  # digits: part of a telephone or order number, a year


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
class Standing:
    text: str
    figures: Figures
    words: Lexicon

    def stands(self, figure: Figure) -> bool:
        """Whether the figure is put as a rating: alone, apart, or in a frame that we know."""
        before, after = self.before(figure.first), self.after(figure.last)
        if before is None or after is None or self._is_tangled(figure, after):
            return False
        if self._has_ending(figure.last + 1):
            return False
        if (
            self._is_asked(after)
            or self._is_taken_back(after)
            or is_of_a_place(self.tokens, figure.first, self.words)
        ):
            return False
        leads = self._leads(before, figure)
        if before.words and before.words[0] in self.words.questions:
            return False
        if after.apart:
            return leads if figure.form is not Form.WORD else self.is_framed(before)
        if figure.form in (Form.SCALE, Form.STARS):
            return leads and self._opening(figure, after).of_stars()
        if figure.form is Form.WORD and figure.value < 2:  # "one" and "un" count things
            return False
        if (
            before.words
            and before.words[-1] in self.words.closing
            and figure.value in self.words.sounds
        ):
            return False  # "thanks 4 everything"
        return self.is_framed(before) and self._comment(figure, after)

    def is_framed(self, before: Before) -> bool:
        """Whether what stands before says nothing of its own."""
        return self.words.frame.issuperset(before.words)

    def contradicts(self, other: Figure, rating: Figure) -> bool:
        """Whether another number of the message might be the rating as well."""
        if other.value == rating.value or self.figures.is_quantity(other.last):
            return False
        after = self.after(other.last)
        if other.form is Form.WORD:  # "nice one", "no one": a one in words is no number
            return other.value != 1 and after is not None and after.apart
        if other.form is Form.DIGITS and self._is_part_of_a_long_number(other):
            return False
        if other.form is Form.DIGITS and after is not None and not after.apart:
            is_listed = self.figures.text(after.start) in self.words.prepositions
            return (
                is_listed
                or self.figures.text(other.first - 1) in _EQUALS
                or self._comment(other, after)
            )
        return True

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
        start = at
        while start > 0 and self.tokens[start - 1].kind == "word":
            start -= 1
        if start == at or (start > 0 and not is_border(self.tokens[start - 1])):
            return None
        return Before(start, tuple(token.text for token in self.tokens[start:at]))

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

    def _is_taken_back(self, after: After) -> bool:
        """ "5, if you call back", "5, just kidding", "5... not"."""
        if not after.apart:
            return False
        at = after.start
        while at < len(self.tokens) and self.tokens[at].kind == "mark":
            at += 1
        said = self._clause(at).words
        return said != () and (
            said[0] in self.words.conditions
            or said in self.words.retractions
            or (len(said) == 1 and said[0] in self.words.negations)
        )

    def _has_ending(self, at: int) -> bool:
        """A case or a plural: "4'ten sonra", "the 5's"."""
        beside = self.tokens[at : at + 2]
        return (
            len(beside) > 1
            and beside[0].text == "'"
            and beside[1].kind == "word"
            and not any(token.spaced for token in beside)
        )

    @property
    def tokens(self) -> tuple[Token, ...]:
        return self.figures.tokens

    def _leads(self, before: Before, figure: Figure) -> bool:
        """Whether these words may lead to a rating: a frame, or a comment that we understand."""
        known = self.words
        if self.is_framed(before):
            return True
        if not (known.denying | known.conditions).isdisjoint(before.words):
            return False
        last = before.words[-1]
        if figure.form is Form.SCALE and figure.top is not None and last in known.praise:
            return True  # "Sam was great 5/5"
        if not known.understood.issuperset(before.words):
            return False
        if last in known.judged and not known.praise.isdisjoint(before.words):
            return True
        return last in known.leads and not self._is_counted(before.words)

    def _is_counted(self, before: tuple[str, ...]) -> bool:
        """ "We had 3", "took a good 9": after such a verb, with no more than an article between."""
        counting = self.words.counting
        at = next((at for at in reversed(range(len(before))) if before[at] in counting), None)
        return at is not None and (at + 1 == len(before) or before[at + 1] in self.words.frame)

    def _comment(self, figure: Figure, after: After) -> bool:
        return self._opening(figure, after).is_comment()

    def _opening(self, figure: Figure, after: After) -> Opening:
        return Opening(self._clause(after.start), figure.value, self.words)

    def _clause(self, start: int) -> Clause:
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
        return value is not None and sounds(value, self._clause(at).words, self.words)

    def _may_touch(self, token: Token, words: frozenset[str]) -> bool:
        """In scripts without blanks."""
        return is_unspaced(token.text) and token.text in words

    def _is_asked(self, after: After) -> bool:
        """A question about the number: "5 is good?", "5, ok?", but not "5, why do you ask?"."""
        spoken = 0
        is_apart = False
        for token in self.tokens[after.start :]:
            if token.text in _ASKS:
                return spoken < 3 or not is_apart
            if token.text in _SENTENCE_ENDS:
                return False
            is_apart = is_apart or (is_border(token) and token.kind == "mark")
            spoken += token.kind == "word"
        return False

    def _is_tangled(self, figure: Figure, after: After) -> bool:
        """Part of a longer number, a choice of two, or a count of something."""
        if figure.form is not Form.STARS and self.figures.is_quantity(figure.last):
            return not self._opening(figure, after).is_set()  # "3 mais ou menos"
        if self.figures.text(after.start) in self.words.links and (
            self.figures.value(after.start + 1) is not None
        ):
            return True
        following = self.figures.number_beside(figure.last, 1)
        if following is not None:
            between = self.tokens[figure.last + 1 : following + 1]
            touches = not any(token.spaced for token in between)  # "3:30"
            if touches or not self._is_of_something(following):
                return True
        return self.figures.number_beside(figure.first, -1) is not None

    def _is_of_something(self, at: int) -> bool:
        """Counts or is long: "5. 3 emails needed", "5 (20 minutes)"."""
        if self.figures.is_quantity(at):
            return True
        after = self.after(at)
        if after is None or after.apart:
            return False
        return not Opening(
            self._clause(after.start), self.figures.value(at) or 0, self.words
        ).is_comment()

    def _is_part_of_a_long_number(self, figure: Figure) -> bool:
        beside = (
            self.figures.number_beside(at, step)
            for at, step in ((figure.first, -1), (figure.last, 1))
        )
        return any(at is not None and len(self.figures.text(at)) >= _A_LONG_NUMBER for at in beside)

    def _is_doubled_dash(self, at: int) -> bool:
        """The first of two: "5 -- great"."""
        return self.figures.text(at) in _DASHES and self.figures.text(at + 1) in _DASHES

    def _is_spaced_dash(self, at: int) -> bool:
        if at + 1 >= len(self.tokens) or self.tokens[at + 1].kind != "word":
            return False
        return self.tokens[at].spaced or self.tokens[at + 1].spaced


def is_border(token: Token) -> bool:
    return token.text in _STOPS or token.kind == "stars" or is_picture(token.text)
