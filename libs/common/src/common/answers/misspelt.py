"""Keywords written wrongly: spelled out, with figures for letters, or one slip of a finger."""

from collections.abc import Iterable

from common.answers.phrasebook import Phrasebook
from common.answers.tokens import Token

_LOOKS = str.maketrans({"0": "o", "1": "i", "5": "s", "$": "s", "@": "a", "3": "e"})
_LONG = 7  # letters; shorter words are one slip away from others ("stop", "step")


def is_misspelt_keyword(cut: tuple[Token, ...], book: Phrasebook) -> bool:
    """Whether the whole message is one, beside courtesy: "s.t.o.p", "ST0P", "STPO pls"."""
    spoken = [token for token in cut if token.text.isalnum()]
    if not spoken or len(spoken) > 12:
        return False
    if len(spoken) > 2 and all(len(token.text) == 1 for token in spoken):
        return _is_keyword("".join(token.text for token in spoken), book)
    if not any(token.spaced for token in cut[1:]) and any(len(t.text) > 1 for t in spoken):
        looks = "".join(token.text for token in cut).translate(_LOOKS).strip(".!?,\"'*")
        if any(token.kind == "number" for token in cut) and _is_keyword(looks, book):
            return True
    others = [token.text for token in spoken if not _is_courtesy(token.text, book)]
    return len(others) == 1 and any(_is_keyword(word, book) for word in _slips(others[0]))


def _is_keyword(word: str, book: Phrasebook) -> bool:
    return _kinds(word, book) >= {"keywords"}


def _is_courtesy(word: str, book: Phrasebook) -> bool:
    return "courtesy" in _kinds(word, book)


def _kinds(word: str, book: Phrasebook) -> frozenset[str]:
    entries = book.entries.get(word, ())
    return next((kinds for phrase, kinds in entries if phrase == (word,)), frozenset())


def _slips(word: str) -> Iterable[str]:
    """What may have been meant. Not another letter in the place of one: that is another word."""
    if not 4 <= len(word) <= 24 or not word.isalpha():
        return
    for at in range(1, len(word) - 1):  # two letters changed places
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    for at in range(1, len(word)):
        if word[at] == word[at - 1] and len(word) > 4:  # one came twice
            yield word[:at] + word[at + 1 :]
    if len(word) < _LONG - 1:
        return
    for at in range(1, len(word) + 1):  # one is missing, or one too many
        if at < len(word):
            yield word[:at] + word[at + 1 :]
        for letter in set(word) | set("abcdefghijklmnopqrstuvwxyz"):
            yield word[:at] + letter + word[at:]
