"""Whether what follows a number is a comment on it, or makes it a number of something else.

"5 very good service" and "5 Sam is the best" are ratings, "5 emails and no reply" is none. What
the tables do not know counts as a noun, and a number before a noun as a count.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from common.answers.lexicon import Lexicon
from common.answers.tokens import is_unspaced

_LONGEST_PHRASE = 5  # words up to the noun that a number may count: "2 very long and dull hours"
_MOST_NAMES = 3  # words of a title and a name


@dataclass(frozen=True, slots=True)
class Clause:
    """The words after a number up to the next mark, in the folded spelling and as written."""

    words: tuple[str, ...]
    written: tuple[str, ...]

    def word(self, at: int) -> str:
        return self.words[at] if at < len(self.words) else ""

    def is_name(self, at: int) -> bool:
        """Written like one, in a clause that is not all capitals."""
        if at >= len(self.written) or all(word.isupper() for word in self.written):
            return False
        return self.written[at][:1].isupper() and self.written[at][1:].islower()


@dataclass(frozen=True, slots=True)
class Opening:
    """How the clause after `value` begins."""

    clause: Clause
    value: int
    words: Lexicon

    def is_comment(self) -> bool:
        clause, known = self.clause, self.words
        if not known.conditions.isdisjoint(clause.words):
            return False
        if sounds(self.value, clause.words, known):
            return False
        return not self._is_unreal() and (self.is_set() or self._opens(0))

    def is_set(self) -> bool:
        """A phrase that we know as a comment, whatever its words are by themselves."""
        counts = self.clause.word(0) in self.words.units  # "3 problem solved", "1 problem solved"
        tells_one = bool(self.words.plurals) and self.value != 1
        said, known = self.clause.words, self.words
        last = _longest(said, known.openings)
        dated = last < len(said) and said[last] in known.prepositions  # "5 al final del mes"
        if dated and not known.units.isdisjoint(said[last + 1 : last + 3]):
            return False
        return last > 0 and (tells_one or not counts)

    def of_stars(self) -> bool:
        """The same after "5 stars" and "5/5", which count nothing but perhaps the next noun."""
        word, known = self.clause.word(0), self.words
        if word in known.units or not known.conditions.isdisjoint(self.clause.words):
            return False
        if self._is_unreal():
            return False
        return self.is_comment() or not self._may_be_counted(0)

    def _is_unreal(self) -> bool:
        """ "1 would be too many", "5 would be a lie", but not "3 would be better with music"."""
        said, known = self.clause.words, self.words
        unreal = _longest(said, known.unreal)
        return unreal > 0 and unreal >= _longest(said, known.openings)

    def _opens(self, at: int) -> bool:
        word, known = self.clause.word(at), self.words
        if word in known.units and word in known.judged:  # "5 staff very friendly", "3 staff told"
            return self._is_told(at + 1) and self._tells(at + 2)
        if not word or word in known.units:
            return False
        goes_on = next((goes_on for group, goes_on in self._openers() if word in group), None)
        return goes_on(at + 1) if goes_on else self._opens_otherwise(at)

    def _openers(self) -> Iterable[tuple[Collection[str], Callable[[int], bool]]]:
        """Kinds of first words, and whether a comment goes on after one; the first kind counts."""
        known = self.words
        return (
            (known.ands, self._opens),
            (known.negations, self._goes_on_after_no),
            (known.praise, self._goes_on_after_praise),
            (known.titles, lambda at: self._names_somebody(at) or self._is_told(at)),
            (known.mass, self._goes_on_after_mass),
            (known.judged, self._goes_on_after_judged),
            (known.subjects, self._goes_on_after_subject),
            (known.degrees, self._goes_on_after_degree),
        )

    def _opens_otherwise(self, at: int) -> bool:
        word, following, known = self.clause.word(at), self.clause.word(at + 1), self.words
        if word in known.reasons or word in known.turns:
            return following != ""
        if word in known.deeds:
            return following not in known.units  # "5 dropped calls"
        if word in known.prepositions:  # "5 for the service", but not "2 for billing"
            return self.clause.word(at + 2) in known.judged | known.mass
        if word in known.verbs:  # "5 is my rating", but not "5 is fine for a call"
            rest = self.clause.words[at + 1 :]
            idle = known.frame | known.closing
            return idle.issuperset(rest) and not known.explicit.isdisjoint(rest)
        if known.adverbs and word.endswith(known.adverbs):
            return not self._may_be_counted(at + 1)
        return is_unspaced(word) or self._names_somebody(at)

    def _names_somebody(self, at: int) -> bool:
        """One person, as the verb shows: "5 Sam is the best", "5 Ann Lee helped me"."""
        clause, did = self.clause, self.words.verbs | self.words.deeds | self.words.acts
        named = at
        while named < at + _MOST_NAMES and clause.is_name(named) and clause.word(named) not in did:
            named += 1
        if named > at:
            named += clause.word(named) in self.words.titles  # "5 Mehmet bey harika"
            return clause.word(named) in did or (
                not self._is_plural(named - 1)
                and not self.words.nouns_are_capitals
                and self._is_told(named)
            )
        is_new = not self._is_known(clause.word(at)) and not self._is_plural(at)
        return self.value > 1 and is_new and clause.word(at + 1) in did

    def _is_told(self, at: int) -> bool:
        """Whether a judgement follows without a verb: "5 Marina excellent"."""
        word, known = self.clause.word(at), self.words
        return word in known.praise or word in known.degrees or word in known.verbs

    def _tells(self, at: int) -> bool:
        """Whether there is a sentence in it, rather than a noun alone."""
        known = self.words
        says = (known.verbs, known.deeds, known.acts, known.praise, known.degrees, known.denying)
        return any(word in group for word in self.clause.words[at:] for group in says)

    def _goes_on_after_no(self, at: int) -> bool:
        return self.clause.word(at) != "" and self.clause.word(at) not in self.words.refusing

    def _goes_on_after_degree(self, at: int) -> bool:
        return self.clause.word(at) != "" and not self._may_be_counted(at)

    def _goes_on_after_subject(self, at: int) -> bool:
        word, known = self.clause.word(at), self.words
        sounds_like_for = ("you",) in known.sounds.get(self.value, ())
        sounding = sounds_like_for and self.clause.word(at - 1) in known.sounding
        if sounding and not self._tells(at):
            return False  # "4 the win"
        # "1 I am", not "1 am"; "1 my order was cancelled"
        counts = word in known.units - known.judged - known.verbs - known.acts
        is_owned = self.clause.word(at - 1) in known.possessives and not self._is_plural(at)
        return word != "" and (is_owned or not counts)

    def _goes_on_after_praise(self, at: int) -> bool:
        word, known = self.clause.word(at), self.words
        if not word:
            return True
        if self._may_be_counted(at):
            return False
        if self._is_known(word) or word in known.praise or is_unspaced(word):
            return True
        if known.adverbs and word.endswith(known.adverbs):
            return True
        return bool(known.plurals) and self.value > 1 and not self._is_plural(at)

    def _goes_on_after_mass(self, at: int) -> bool:
        """ "2 internet down again", but not "0 help" and not "2 internet outages"."""
        if self.value == 0 or self._may_be_counted(at):
            return False
        return self.clause.word(at) != ""  # "3 support" is a key in a menu

    def _goes_on_after_judged(self, at: int) -> bool:
        word, known = self.clause.word(at), self.words
        if self.value == 0 or word in known.units:
            return False  # "0 help"
        says = word in known.praise or word in known.degrees or word in known.negations
        if is_unspaced(word):
            return True
        if self.value == 1:
            return says  # "1 agent was rude" tells of an agent
        return says or self._is_known(word) or word in known.verbs

    def _may_be_counted(self, at: int) -> bool:
        """Whether a noun from here on may be what the number counts: "2 very long hours"."""
        known, clause = self.words, self.clause
        for place in range(at, min(at + _LONGEST_PHRASE, len(clause.words))):
            word = clause.word(place)
            if word in known.units:
                return True
            if self.value == 1 and self._is_one_of_many(place):  # "1 rude agent"
                return True
            if word in known.breaks:
                return False
            is_new = not self._is_known(word) and word not in known.praise
            if self.value != 1 and is_new and known.plurals and self._is_plural(place):
                return True
        return False

    def _is_one_of_many(self, at: int) -> bool:
        """Somebody who is judged, but not as in "customer service"."""
        known = self.words
        return (
            self.clause.word(at) in known.judged
            and self.clause.word(at) not in known.mass
            and self.clause.word(at + 1) not in known.mass
        )

    def _is_known(self, word: str) -> bool:
        known = self.words
        return (
            word in known.breaks
            or word in known.degrees
            or word in known.ands
            or (word in known.closing or word in known.judged or word in known.mass)
        )

    def _is_plural(self, at: int) -> bool:
        word = self.clause.word(at)
        return word.endswith(self.words.plurals) and not word.endswith("ss")


def sounds(value: int, following: tuple[str, ...], words: Lexicon) -> bool:
    """Whether the digit is written for a word of its sound: "4 you", "3 cheers"."""
    return _begins(following, words.sounds.get(value, ()))


def _longest(words: tuple[str, ...], phrases: tuple[tuple[str, ...], ...]) -> int:
    """Words of the longest of the phrases that they begin with."""
    return max((len(one) for one in phrases if words[: len(one)] == one), default=0)


def _begins(words: tuple[str, ...], phrases: tuple[tuple[str, ...], ...]) -> bool:
    return any(words[: len(phrase)] == phrase for phrase in phrases)
