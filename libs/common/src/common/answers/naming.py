"""Numbers that name something rather than rate it: of a house, an option, a day."""

from collections.abc import Sequence

from common.answers.lexicon import Lexicon
from common.answers.tokens import Token

_AN_ABBREVIATION = 3  # letters


def is_label(tokens: Sequence[Token], stop: int, words: Lexicon) -> bool:
    """Whether the full stop at `stop` abbreviates what the number after it names.

    "No. 5", "Jl. 5", "Hauptstr. 5": we do not know them all, so a short unknown word is one.
    """
    if stop < 1 or tokens[stop].spaced or tokens[stop - 1].kind != "word":
        return False
    word = tokens[stop - 1].text
    return (
        word in words.labels
        or _is_place(word, words)
        or (len(word) <= _AN_ABBREVIATION and (word in words.units or not words.knows(word)))
    )


def is_of_a_place(tokens: Sequence[Token], first: int, words: Lexicon) -> bool:
    """Whether the clause before a number is a street or a time: "Calle Mayor, 5", "tomorrow, 5"."""
    at = first - 1
    if at < 0 or tokens[at].text != ",":
        return False
    start = at
    while start > 0 and tokens[start - 1].kind == "word":
        start -= 1
    said = [token.text for token in tokens[start:at]]
    if not said:
        return False
    idle = words.units | words.prepositions
    is_time = idle.issuperset(said) and not words.units.isdisjoint(said)
    return is_time or _is_place(said[0], words) or _is_place(said[-1], words)


def _is_place(word: str, words: Lexicon) -> bool:
    return any(
        word.endswith(place[1:]) if place[0] == "-" else word == place for place in words.places
    )
