"""Words that are sought in what people wrote, in any language.

A word is found where one begins with it, whatever the case; in scripts that set no spaces between
words, anywhere. What a reader is not shown is not searched for them either: else a search would
tell it, a digit at a time.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from analytics.domain.facts import Reply
from common.phone.texts import without_numbers

MOST = 10  # words
_WORD = re.compile(r"\w+")
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


@dataclass(frozen=True, slots=True)
class Sought:
    """All of these words, in one answer. `masks`: numbers that people wrote are not shown."""

    patterns: tuple[re.Pattern[str], ...]
    masks: bool

    @classmethod
    def of(cls, text: str, *, masks: bool) -> Self:
        """Raises `ValueError` for none, or too many."""
        words = _WORD.findall(_folded(text))
        if not words:
            raise ValueError("has no word")
        if len(words) > MOST:
            raise ValueError(f"at most {MOST} words")
        return cls(tuple(map(_pattern, words)), masks)

    def is_in(self, reply: Reply | None) -> bool:
        """In the comment and the answers in words, taken together."""
        if reply is None:
            return False
        texts = list(_texts(reply))
        shown = list(map(without_numbers, texts)) if self.masks else texts
        folded = _folded("\n".join(shown)) if shown else ""
        return bool(folded) and all(pattern.search(folded) for pattern in self.patterns)


def _texts(reply: Reply) -> Iterator[str]:
    for text in (reply.comment, *(answer.text for answer in reply.answers)):
        if text:
            yield text


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _pattern(word: str) -> re.Pattern[str]:
    unspaced = unicodedata.name(word[0], "").startswith(_UNSPACED)
    return re.compile(re.escape(word) if unspaced else rf"(?<!\w){re.escape(word)}")
