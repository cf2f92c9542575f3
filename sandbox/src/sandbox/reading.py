"""How a person reads: the scale a text asks for, and the rating another person wrote."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Whole numbers from `low` to `high`; more is better."""

    low: int
    high: int

    @property
    def metric(self) -> str:
        """What people in this trade ask on such a scale."""
        return {10: "nps", 7: "ces"}.get(self.high, "csat")


# "0 to 10", "1-5", "1 (bad) to 7 (good)", "between 1 and 5", "1 = hard, 7 = easy"
_SCALE = re.compile(r"(?<![\d.,:/])([01])(?![\d.,:/]*\d)\b[^\d\n]{1,60}?\b(3|4|5|6|7|10)\b")
_NUMBER = re.compile(r"\W*(\d{1,3})(?:\s*(?:/|out of|of)\s*(\d{1,3}))?(?![.,:/]?\w)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+")
_WORD = re.compile(r"\W*([a-z]+)", re.IGNORECASE)
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def scale_in(text: str) -> Scale | None:
    """The scale that a text from a company asks for, if it asks for a number at all."""
    found = _SCALE.search(text)
    return Scale(int(found[1]), int(found[2])) if found else None


def rating_in(text: str, scale: Scale) -> int | None:
    """The rating that opens a text: "5", "5/5", "five", "*5*", "5 great service"."""
    number = _NUMBER.match(text)
    if number:
        if number[2] and int(number[2]) != scale.high:
            return None
        rating = int(number[1])
    else:
        word = _WORD.match(text)
        if word is None or word[1].lower() not in WORDS:
            return None
        rating = WORDS.index(word[1].lower())
    return rating if scale.low <= rating <= scale.high else None


def is_bare(text: str, scale: Scale) -> bool:
    """A rating and nothing else. Only that corrects an earlier one: "2 calls" does not."""
    if rating_in(text, scale) is None:
        return False
    match = _NUMBER.match(text) or _WORD.match(text)
    return match is not None and not re.search(r"\w", text[match.end() :])


def asks_for_words(text: str) -> bool:
    """A question without a scale, such as what made someone choose their rating."""
    words = _ADDRESS.sub("", text)
    return scale_in(words) is None and bool(
        re.search(r"\?|tell us|comment|why|more about", words, re.IGNORECASE)
    )
