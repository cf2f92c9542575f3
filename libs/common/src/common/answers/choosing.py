"""Which of some options a person chose: by its number in the list, or by its words."""

import re
import unicodedata
from collections.abc import Sequence

from common.answers.lexicon import Lexicon, lexicon
from common.answers.rating import Rating, read_rating
from common.answers.tokens import message, tokens

_AROUND = " \t\n.,;:!?)]}\"'”…-–—*_(["
_LISTED = re.compile(r"^\s*(\d{1,2})\s*[.):=-]?\s+")  # "2 Internet", as the list has it

Cut = tuple[str, ...]


def read_choice(text: str, options: Sequence[str], *, language: str) -> Rating | None:
    """The place of the one option that is meant, from 1; None when there is none or a doubt.

    An option's own words, alone or with courtesy around them, count before its number, which they
    may hold ("18 to 25"). A number and the words of another option are a doubt.
    """
    named = _named(text, options, language)
    if named is not None:
        return Rating(named)
    listed = _LISTED.match(text)
    if listed and (named := _named(text[listed.end() :], options, language)) is not None:
        return Rating(named) if named == int(listed[1]) else None
    found = read_rating(text, low=1, high=len(options), language=language)
    if found is None:
        return None
    other = _named(found.rest, options, language) if found.rest else None
    if other is not None:
        return Rating(found.value) if other == found.value else None
    return found


def _named(text: str, options: Sequence[str], language: str) -> int | None:
    """By words alone; words that stand in two options are a doubt, unless they are all of one."""
    said = _cut(text)
    if not said:
        return None
    wordings = [_cut(option) for option in options]
    whole = [place for place, words in enumerate(wordings, 1) if words == said]
    if whole:
        return whole[0] if len(whole) == 1 else None
    known = lexicon(language)
    held = [
        (place, words) for place, words in enumerate(wordings, 1) if _stands(words, said, known)
    ]
    longest = max((len(words) for _, words in held), default=0)
    chosen = [place for place, words in held if len(words) == longest]
    return chosen[0] if len(chosen) == 1 else None


def _stands(words: Cut, said: Cut, known: Lexicon) -> bool:
    """Whether the message is these words with nothing but a frame and courtesy around them."""
    if not words or len(words) >= len(said):
        return False
    idle = known.frame | known.closing | {word for phrase in known.courtesy for word in phrase}
    idle -= known.negations
    return any(
        said[at : at + len(words)] == words
        and idle.issuperset(said[:at])
        and idle.issuperset(said[at + len(words) :])
        for at in range(len(said) - len(words) + 1)
    )


def _cut(text: str) -> Cut:
    """Words and numbers as they are compared: folded, without marks."""
    plain = unicodedata.normalize("NFKC", text).strip(_AROUND)
    return tuple(one.text for one in tokens(message(plain)) if one.kind in ("word", "number"))
