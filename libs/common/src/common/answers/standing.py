"""Whether a number stands in a message as a rating does: alone, apart, or in a known frame."""

from dataclasses import dataclass

from common.answers.comments import Opening
from common.answers.figures import Figure, Form
from common.answers.naming import is_of_a_place
from common.answers.surroundings import After, Before, Surroundings, is_border

_SENTENCE_ENDS = frozenset(".!…\n।。！")
_ASKS = frozenset("?؟？")
_EQUALS = frozenset(":=")
_A_LONG_NUMBER = 3  # digits: part of a telephone or order number, a year


@dataclass(frozen=True, slots=True)
class Standing(Surroundings):
    """Which of the figures of a message stand as a rating does."""

    def stands(self, figure: Figure) -> bool:
        """Whether the figure is put as a rating: alone, apart, or in a frame that we know."""
        before, after = self.before(figure.first), self.after(figure.last)
        if before is None or after is None or self._is_of_another_thing(figure, before, after):
            return False
        leads = self._leads(before, figure)
        if after.apart:
            return leads if figure.form is not Form.WORD else self.is_framed(before)
        if figure.form in (Form.SCALE, Form.STARS):
            return leads and self._opening(figure, after).of_stars()
        if figure.form is Form.WORD and figure.value < 2:  # "one" and "un" count things
            return False
        return self.is_framed(before) and self._comment(figure, after)

    def _is_of_another_thing(self, figure: Figure, before: Before, after: After) -> bool:
        """Whether something around the figure says that it rates nothing."""
        return (
            self._is_tangled(figure, after)
            or self._has_ending(figure.last + 1)
            or self._is_asked(after)
            or self._is_taken_back(after)
            or is_of_a_place(self.tokens, figure.first, self.words)
            or self._is_ordinal(figure)
            or self._was_counted(figure)
            or self._is_an_article(figure, after)
            or self._is_led_elsewhere(figure, before, after)
        )

    def _is_led_elsewhere(self, figure: Figure, before: Before, after: After) -> bool:
        """ "Would have been 5", "is 5 ...", "number 1", "number 3 was ...", "thanks 4 all"."""
        said, known = before.words, self.words
        if not said:
            return False
        thanks = not after.apart and said[-1] in known.closing and figure.value in known.sounds
        is_label = said[-1] in known.labels and (figure.value == 1 or not after.apart)
        is_rating = figure.form in (Form.SCALE, Form.STARS)
        return (
            _holds(said, known.unreal)
            or said[0] in known.questions
            or is_label
            or (thanks and not is_rating)
        )

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

    def _is_ordinal(self, figure: Figure) -> bool:
        """ "3. Anruf", "2. Mahnung": a full stop and a noun that is counted, or may be."""
        stop, noun = self.figures.text(figure.last + 1), self.figures.text(figure.last + 2)
        if not self.words.ordinals or stop != "." or not noun.isalpha():
            return False
        if noun in self.words.units:
            return True
        said = self._opening(figure, After(figure.last + 2, apart=False))
        return not (self.words.knows(noun) or said.is_set())

    def _was_counted(self, figure: Figure) -> bool:
        """ "6 weeks to get an engineer, six!": a count that is said again."""
        return any(
            self.figures.value(at) == figure.value and self.figures.is_quantity(at)
            for at in range(figure.first)
        )

    def _is_an_article(self, figure: Figure, after: After) -> bool:
        """ "Bir teşekkür", "une merci": a one in words that is one of the language's articles."""
        if figure.form is not Form.WORD or after.start == figure.last + 1 or not after.apart:
            return False
        word = self.tokens[figure.first].text
        return figure.value == 1 and word in self.words.degrees | self.words.frame

    def _is_taken_back(self, after: After) -> bool:
        """ "5, if you call back", "5, just kidding", "5... not"."""
        if not after.apart:
            return False
        at = after.start
        while at < len(self.tokens) and self.tokens[at].kind == "mark":
            at += 1
        said = self.clause(at).words
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
        return Opening(self.clause(after.start), figure.value, self.words)

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
            self.clause(after.start), self.figures.value(at) or 0, self.words
        ).is_comment()

    def _is_part_of_a_long_number(self, figure: Figure) -> bool:
        beside = (
            self.figures.number_beside(at, step)
            for at, step in ((figure.first, -1), (figure.last, 1))
        )
        return any(at is not None and len(self.figures.text(at)) >= _A_LONG_NUMBER for at in beside)


def _holds(said: tuple[str, ...], phrases: tuple[tuple[str, ...], ...]) -> bool:
    return any(
        said[at : at + len(phrase)] == phrase for phrase in phrases for at in range(len(said))
    )
