"""Whether what follows a number is a comment on it, or makes it a number of something else.

"5 very good service" and "5 Sam is the best" are ratings, "5 emails and no reply" is none. What
the tables do not know counts as a noun, and a number before a noun as a count.
"""

from dataclasses import dataclass

from common.answers.lexicon import Lexicon
from common.answers.tokens import is_unspaced


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
        return self._opens(0)

    def _opens(self, at: int) -> bool:
        word, following, known = self.clause.word(at), self.clause.word(at + 1), self.words
        if not word or word in known.units:
            return False
        if word in known.ands:
            return self._opens(at + 1)
        if word in known.negations:
            return following != "" and following not in known.refusing
        if word in known.praise:
            return self._goes_on_after_praise(at + 1)
        if word in known.judged:
            return self._goes_on_after_judged(at + 1)
        if word in known.subjects or word in known.degrees:
            return following != "" and following not in known.units
        return self._opens_otherwise(at)

    def _opens_otherwise(self, at: int) -> bool:
        word, following, known = self.clause.word(at), self.clause.word(at + 1), self.words
        if word in known.reasons or word in known.turns:
            return following != ""
        if word in known.deeds:
            return following not in known.units  # "5 dropped calls"
        if word in known.prepositions:  # "5 for the service", but not "2 for billing"
            return following in known.judged or self.clause.word(at + 2) in known.judged
        if word in known.verbs:  # "5 is my rating", but not "5 is fine for a call"
            idle = known.frame | known.closing
            return following != "" and idle.issuperset(self.clause.words[at + 1 :])
        if known.adverbs and word.endswith(known.adverbs):
            return True
        return is_unspaced(word) or self._names_somebody(at)

    def _names_somebody(self, at: int) -> bool:
        """One person, as the verb shows: "5 Sam is the best", "5 Ann Lee helped me"."""
        clause, did = self.clause, self.words.verbs | self.words.deeds
        if clause.is_name(at):
            last = at + 1 if clause.is_name(at + 1) else at
            return clause.word(last + 1) in did
        return self.value > 1 and not self._is_plural(at) and clause.word(at + 1) in did

    def _goes_on_after_praise(self, at: int) -> bool:
        word, known = self.clause.word(at), self.words
        if not word or self._is_known(word) or word in known.praise or word in known.judged:
            # "5 good calls": units come first; "5 great service calls" counts calls
            return not (word in known.units or self.clause.word(at + 1) in known.units)
        if word in known.units:
            return False
        if known.adverbs and word.endswith(known.adverbs):
            return True
        if is_unspaced(word):
            return True
        return bool(known.plurals) and self.value > 1 and not self._is_plural(at)

    def _goes_on_after_judged(self, at: int) -> bool:
        word, known = self.clause.word(at), self.words
        if self.value == 0 or word in known.units:
            return False  # "0 help"
        says = word in known.praise or word in known.degrees or word in known.negations
        if self.value == 1:
            return says  # "1 agent was rude" tells of an agent
        return not word or says or self._is_known(word) or word in known.verbs

    def _is_known(self, word: str) -> bool:
        known = self.words
        return any(
            word in group
            for group in (
                *(known.subjects, known.degrees, known.reasons, known.turns, known.ands),
                *(known.prepositions, known.negations, known.closing, known.deeds, known.judged),
            )
        )

    def _is_plural(self, at: int) -> bool:
        word = self.clause.word(at)
        return word.endswith(self.words.plurals) and not word.endswith("ss")


def sounds(value: int, following: tuple[str, ...], words: Lexicon) -> bool:
    """Whether the digit is written for a word of its sound: "4 you", "3 cheers"."""
    return any(following[: len(phrase)] == phrase for phrase in words.sounds.get(value, ()))
