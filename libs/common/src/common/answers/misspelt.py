"""Opt-outs written wrongly: spelled out, with figures for letters, or with a slip or two."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from common.answers.lexicon import lexicon
from common.answers.phrasebook import Item, Phrasebook, opt_outs, returns
from common.answers.tables import phrases, tables, words
from common.answers.tokens import Token

_LOOKS = str.maketrans({"0": "o", "1": "i", "5": "s", "$": "s", "@": "a", "3": "e"})
_HELD_DOWN = re.compile(r"(.)\1{2,}")
_SHORT, _LONG = 4, 7  # letters; short words are one slip away from others ("stop", "step")
_MOST_SLIPS = 2  # in a sentence
_CORE = frozenset({"end", "keywords", "leave", "refuse", "no"})
_AROUND = frozenset({"courtesy", "fill", "link", "persons"})  # kinds that wish nothing


def is_misspelt_keyword(cut: tuple[Token, ...], languages: tuple[str, ...]) -> bool:
    """Whether the whole message is one, beside courtesy: "s.t.o.p", "ST0P", "STPO pls"."""
    book = opt_outs(languages)
    spoken = [token for token in cut if token.text.isalnum()]
    if not spoken or len(spoken) > 12:
        return False
    in_pieces = len(spoken) > 1 and all(len(token.text) <= 2 for token in spoken)
    if in_pieces and _is_keyword("".join(token.text for token in spoken), book):
        return True
    if not any(token.spaced for token in cut[1:]) and any(len(t.text) > 1 for t in spoken):
        looks = "".join(token.text for token in cut).translate(_LOOKS).strip(".!?,\"'*")
        if any(token.kind == "number" for token in cut) and _is_keyword(looks, book):
            return True
    others = [token.text for token in spoken if not _is_courtesy(token.text, book)]
    if len(others) != 1 or not others[0].isalpha() or _is_word(others[0], languages):
        return False
    return any(_is_keyword(word, book) for word in _meant(others[0]))


def mended(said: Sequence[str], languages: tuple[str, ...]) -> list[Item] | None:
    """The items of a clause as it was meant where it has a slip or two, and None where it has none.

    The word that was meant must not stand alone: "la caja" is not "la baja".
    """
    meant, book = list(said), opt_outs(languages)
    slips = [at for at, word in enumerate(meant) if _is_strange(word, languages)]
    if not 0 < len(slips) <= _MOST_SLIPS:
        return None
    for at in slips:
        near = _nearest(meant[at], languages)
        if near is None:
            return None
        meant[at] = near
    items = book.items(meant)
    single = [item for item in items if item.first == item.last and item.first in slips]
    wishes = [item for item in items if item.kinds - _AROUND]
    alone = len(wishes) == 1 and wishes[0] in single
    short = any(
        item.kinds & _CORE and len(said[item.first]) == _SHORT and meant[item.first] != "stop"
        for item in single
    )
    return None if alone or short else items


def without_and(word: str, languages: tuple[str, ...]) -> str:
    """Without an "and" that is written as part of the word, where that makes it one of ours."""
    bare = word[1:]
    known = _words(languages)
    return bare if word[:1] in _ANDS and bare in known and word not in known else word


def _is_keyword(word: str, book: Phrasebook) -> bool:
    return _kinds(word, book) >= {"keywords"}


def _is_courtesy(word: str, book: Phrasebook) -> bool:
    return "courtesy" in _kinds(word, book)


def _kinds(word: str, book: Phrasebook) -> frozenset[str]:
    entries = book.entries.get(word, ())
    return next((kinds for phrase, kinds in entries if phrase == (word,)), frozenset())


def _meant(word: str) -> Iterable[str]:
    """What a keyword by itself may have been meant for."""
    if not _SHORT <= len(word) <= 24:
        return
    yield _HELD_DOWN.sub(r"\1", word)  # "stooop"
    half = len(word) // 2
    if word[:half] == word[half:]:  # "stopstop"
        yield word[:half]
    for at in range(len(word) - 1):  # two letters changed places
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(1, len(word)):
        if word[at] == word[at - 1] and len(word) > _SHORT:  # one came twice
            yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at - 1] + word[at:]  # one of two came once
    if word[0] == "s" and len(word) == len("stop"):  # by far the most frequent one
        yield from (spelling for spelling in _others(word) if spelling == "stop")
    if len(word) >= _LONG - 1:  # one is missing, too many, or another
        yield from (spelling for spelling in _others(word) if len(spelling) >= _LONG)


def _others(word: str) -> Iterator[str]:
    letters = _ALPHABETS[0] if word[0] <= "z" else _ALPHABETS[1]
    for at in range(1, len(word) + 1):
        yield word[:at] + word[at + 1 :]
        for letter in letters:
            yield word[:at] + letter + word[at:]
            yield word[:at] + letter + word[at + 1 :]


_ANDS = frozenset("וو")
_ALPHABETS = ("abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя")


def _is_strange(word: str, languages: tuple[str, ...]) -> bool:
    if len(word) < _SHORT or not _is_spelled_in_letters(word):
        return False
    return word not in _words(languages) and not _is_word(word, languages)


def _is_spelled_in_letters(word: str) -> bool:
    """Of Latin or Cyrillic, where a slip changes one letter of a word and not all its meaning."""
    return any(word[0] in letters for letters in _ALPHABETS)


def _is_word(word: str, languages: tuple[str, ...]) -> bool:
    """Known as something else, which it may well mean."""
    if any(lexicon(one).knows(word) for one in ("en", *languages)):
        return True
    known = tables(languages)
    return any(word in words(one.opt_out.lookalikes) for one in known) or any(
        (word,) == phrase for one in known for phrase in phrases(one.keywords.start)
    )


@lru_cache
def _words(languages: tuple[str, ...]) -> frozenset[str]:
    """All that phrases of opting out and coming back are made of."""
    books = (opt_outs(languages), returns(languages))
    entries = (found for book in books for found in book.entries.values())
    return frozenset(word for found in entries for phrase, _ in found for word in phrase)


@lru_cache
def _spellings(languages: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    """Words by what is left of them without any one letter."""
    found: dict[str, set[str]] = {}
    for word in _words(languages):
        if len(word) >= _SHORT:
            for short in _shortened(word):
                found.setdefault(short, set()).add(word)
    return {short: frozenset(spelled) for short, spelled in found.items()}


def _nearest(word: str, languages: tuple[str, ...]) -> str | None:
    """A word with a letter more, less or other, or two in changed places; the first by name."""
    spellings = _spellings(languages)
    near = {other for short in _shortened(word) for other in spellings.get(short, ())}
    return min((other for other in near if _is_one_slip(word, other)), default=None)


def _is_one_slip(word: str, other: str) -> bool:
    if len(word) == len(other):
        differ = [at for at in range(len(word)) if word[at] != other[at]]
        swapped = len(differ) == 2 and differ[1] == differ[0] + 1
        return len(differ) == 1 or (swapped and word[differ[0]] == other[differ[1]])
    long, short = sorted((word, other), key=len, reverse=True)
    return len(long) == len(short) + 1 and short in _shortened(long)


def _shortened(word: str) -> Iterator[str]:
    yield word
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
