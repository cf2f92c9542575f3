"""What one clause of a message wishes: the grammar of opting out, over words whose kinds are known.

The order of the words is left open, for languages differ in it: what counts is which kinds of
words are there, and that there are no others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from common.answers.phrasebook import Item


class Wish(StrEnum):
    SURE = "sure"  # withdraws at once
    MAYBE = "maybe"  # no further text; a person looks at it
    NONE = "none"


_KEYWORDS = frozenset({"keywords", "weak"})
_IDLE = frozenset({"courtesy", "link"})
_BETWEEN = frozenset({"courtesy", "link", "fill"})
_DROPPED = frozenset({"me", "list"})
_MOST_UNKNOWN = 3  # words beside a wish that cannot be about anything but our texts


@dataclass(frozen=True, slots=True)
class Clause:
    """`shouted`: which of the items are in capitals where others are not."""

    items: tuple[Item, ...]
    shouted: frozenset[int] = frozenset()

    def wish(self, *, awaits_rating: bool) -> Wish:
        """Of this clause by itself."""
        if not self.items or self.is_of_others() or self._is_quoted():
            return Wish.NONE
        if self._is_negated():
            return Wish.NONE
        unknown = sum(not item.kinds for item in self.items)
        known = self.is_known()
        if known and (self._asks() or self._has("keywords")):
            return Wish.SURE
        if self._ends_in_keyword():
            return Wish.SURE
        if unknown <= _MOST_UNKNOWN and self._asks() and self._is_of_our_texts():
            return Wish.SURE
        about_us = known or self._has("me") or self._is_of_our_texts() or self._ends_a_deed()
        perhaps = (about_us and self._asks()) or self._perhaps(known, awaits_rating=awaits_rating)
        return Wish.MAYBE if perhaps else Wish.NONE

    def is_known(self) -> bool:
        """Every word of it."""
        return all(item.kinds for item in self.items)

    def is_keyword_or_idle(self) -> bool:
        """Nothing but keywords, weak ones too, and courtesy."""
        return all(item.kinds & (_KEYWORDS | _IDLE) for item in self.items)

    def says_more_than_keywords(self) -> bool:
        return self._asks()

    def has_keyword(self) -> bool:
        return any(item.kinds & _KEYWORDS for item in self.items)

    def is_tired(self) -> bool:
        """Of being asked, or of what a number beside it was given for."""
        return self._has("tired")

    def _has(self, kind: str) -> bool:
        return any(kind in item.kinds for item in self.items)

    def _asks(self) -> bool:
        """In so many words, to end what we send."""
        has = self._has
        if has("leave") or has("refuse"):
            return True
        if has("drop") and self._apart("drop", ("me", "list")):
            return True
        if has("end") and self._apart("end", ("send", "thing")):
            return True
        if not has("no"):
            return False
        if has("send") and (has("me") or has("more") or self._apart("send", ("thing",))):
            return True
        return (has("more") and (has("want") or has("thing"))) or (has("thing") and has("want"))

    def _is_of_our_texts(self) -> bool:
        """ "For the last time stop texting me": what it is about is ours, and whom it is to."""
        said = [item.kinds for item in self.items if not item.kinds or item.kinds - _BETWEEN]
        for one, two in pairwise(said):
            if ("drop" in one and two & _DROPPED) or ("drop" in two and one & _DROPPED):
                return True
        ours = self._has("texting") or self._has("thing")
        return ours and (self._has("me") or self._has("more"))

    def _apart(self, one: str, others: Sequence[str]) -> bool:
        """Whether an item of these kinds is there beside one of `one`."""
        ones = {at for at, item in enumerate(self.items) if one in item.kinds}
        return any(
            not item.kinds.isdisjoint(others) and ones - {at} for at, item in enumerate(self.items)
        )

    def is_of_others(self) -> bool:
        """Somebody or something else is in it: "the agent told me to stop calling"."""
        return any("others" in item.kinds for item in self.items)

    def _is_quoted(self) -> bool:
        """ "Reply STOP to opt out" is our own footer."""
        before = zip(self.items, self.items[1:], strict=False)
        return any(
            "instructs" in one.kinds and "keywords" in two.kinds and two.first == two.last
            for one, two in before
        )

    def _is_negated(self) -> bool:
        """ "don't stop": the negation right before what would end it, or in front of leaving."""
        before = zip(self.items, self.items[1:], strict=False)
        ends = frozenset({"end", "keywords"})
        if any(
            "no" in one.kinds and two.kinds & ends and "thing" not in two.kinds
            for one, two in before
        ):
            return True
        leaves = next((at for at, item in enumerate(self.items) if "leave" in item.kinds), None)
        return leaves is not None and any(
            "no" in item.kinds and "leave" not in item.kinds for item in self.items[:leaves]
        )

    def _ends_in_keyword(self) -> bool:
        """ "... please stop", "... STOP": set apart by courtesy or by capitals."""
        at = len(self.items) - 1
        while at > 0 and "courtesy" in self.items[at].kinds:
            at -= 1
        if at < 1 or "keywords" not in self.items[at].kinds:
            return False
        return (
            "courtesy" in self.items[at - 1].kinds or at in self.shouted or at < len(self.items) - 1
        )

    def _declines(self) -> bool:
        idle = _IDLE | {"declines", "fill"}
        if self._has("declines") and all(item.kinds & idle for item in self.items):
            return True
        return self._has("no") and self._has("want")

    def _without_things(self) -> bool:
        """ "no surveys": the word comes after the no."""
        nos = [at for at, item in enumerate(self.items) if "no" in item.kinds]
        return bool(nos) and any("thing" in item.kinds for item in self.items[nos[0] + 1 :])

    def _ends_a_deed(self) -> bool:
        """ "Stop calling", whomever; not "your call centre should stop"."""
        before = pairwise(self.items)
        return self._has("leave") or any(
            "end" in one.kinds and "send" in two.kinds for one, two in before
        )

    def _names_a_number(self) -> bool:
        """ "This number", rather than "me"."""
        return any("me" in item.kinds and item.last > item.first for item in self.items)

    def _perhaps(self, known: bool, *, awaits_rating: bool) -> bool:
        long = any("maybe" in item.kinds and item.last > item.first for item in self.items)
        alone = known and (self._has("maybe") or self.is_tired())
        declines = awaits_rating and known and self._declines()
        without = known and self._without_things()
        us = self._has("send") or self._has("thing") or self._names_a_number()
        asks = self._has("asks") and self._has("me") and us
        return long or alone or declines or without or asks
