"""Finds known phrases among the words of a message, the longest first, in one pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from common.answers.tables import Table, phrases, tables
from common.answers.tokens import Token

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """The tokens `first` to `last` of the sequence looked at, and what they are known as."""

    first: int
    last: int
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """Phrases by their first word, longest first, each with its kinds."""

    entries: Mapping[str, tuple[tuple[Phrase, frozenset[str]], ...]]

    def items(self, said: Sequence[str]) -> list[Item]:
        """All the words, in order, each in one item; linear, as phrases are short."""
        found: list[Item] = []
        at = 0
        while at < len(said):
            item = self._longest(said, at)
            found.append(item)
            at = item.last + 1
        return found

    def _longest(self, said: Sequence[str], at: int) -> Item:
        for phrase, kinds in self.entries.get(said[at], ()):
            if tuple(said[at : at + len(phrase)]) == phrase:
                return Item(at, at + len(phrase) - 1, kinds)
        return Item(at, at)


def of(named: Iterable[tuple[str, Phrase]]) -> Phrasebook:
    """From pairs of kind and phrase."""
    kinds: dict[Phrase, set[str]] = {}
    for kind, phrase in named:
        kinds.setdefault(phrase, set()).add(kind)
    entries: dict[str, list[tuple[Phrase, frozenset[str]]]] = {}
    for phrase in sorted(kinds, key=len, reverse=True):
        entries.setdefault(phrase[0], []).append((phrase, frozenset(kinds[phrase])))
    return Phrasebook({first: tuple(found) for first, found in entries.items()})


@lru_cache
def section(name: str, languages: tuple[str, ...]) -> Phrasebook:
    """All fields of one section of the tables of these languages; a kind is a field's name."""
    return of((field, phrase) for one in tables(languages) for field, phrase in _fields(one, name))


@lru_cache
def opt_outs(languages: tuple[str, ...]) -> Phrasebook:
    """The section of opt-outs with the words of courtesy."""
    return of(
        (field, phrase)
        for one in tables(languages)
        for field, phrase in (
            *_fields(one, "opt_out"),
            *(("courtesy", phrase) for phrase in phrases(one.keywords.courtesy)),
        )
    )


def _fields(table: Table, name: str) -> Iterable[tuple[str, Phrase]]:
    part = getattr(table, name)
    for field in part.__struct_fields__:
        for phrase in phrases(getattr(part, field)):
            yield field, phrase


def words_of(cut: Iterable[Token]) -> list[str]:
    return [token.text for token in cut if token.kind == "word"]
