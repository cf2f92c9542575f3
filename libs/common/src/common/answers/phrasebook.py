"""Finds known phrases among the words of a message, the longest first, in one pass."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from common.answers.tables import Table, phrases, tables, words
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

    def items(self, said: Sequence[str], *, fewest: bool = True) -> list[Item]:
        """All the words, in order, each in one item, so that as few as can be stay unknown.

        Of the fewest items, or of the most: word for word. Linear, as phrases are short.
        """
        one = 1 if fewest else -1
        # By the place from which on: how many words stay unknown, how many items, the first item.
        best: list[tuple[int, int, Item | None]] = [(0, 0, None)]
        for at in reversed(range(len(said))):
            unknown, items, _ = best[-1]
            choice = (unknown + 1, items + one, Item(at, at))
            for phrase, kinds in self.entries.get(said[at], ()):
                if tuple(said[at : at + len(phrase)]) == phrase:
                    unknown, items, _ = best[len(said) - at - len(phrase)]
                    found = (unknown, items + one, Item(at, at + len(phrase) - 1, kinds))
                    choice = min(choice, found, key=lambda way: way[:2])
            best.append(choice)
        found_items: list[Item] = []
        at = 0
        while at < len(said):
            item = best[len(said) - at][2]
            assert item is not None
            found_items.append(item)
            at = item.last + 1
        return found_items


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
def opt_outs(languages: tuple[str, ...], without: frozenset[str] = frozenset()) -> Phrasebook:
    """The section of opt-outs with the words of courtesy; `without` some of its fields."""
    return of(
        (field, phrase)
        for one in tables(languages)
        for field, phrase in (
            *(
                named
                for named in _fields(one, "opt_out")
                if named[0] not in {"lookalikes", *without}
            ),
            *(("courtesy", phrase) for phrase in phrases(one.keywords.courtesy)),
            *(("link", phrase) for phrase in _links(one)),
        )
    )


@lru_cache
def returns(languages: tuple[str, ...]) -> Phrasebook:
    """The section of opt-outs with the words by which people ask to be sent things again."""
    return of(
        (field, phrase)
        for one in tables(languages)
        for field, phrase in (
            *_fields(one, "opt_out"),
            *_fields(one, "keywords"),
        )
        if field in ("resume", "again", "thing", "send", "me", "fill", "no", "courtesy")
    )


def _links(table: Table) -> Iterable[Phrase]:
    """ "5 but stop texting me": what joins a wish to what was said before."""
    return ((word,) for word in (*words(table.rating.turns), *words(table.rating.ands)))


def _fields(table: Table, name: str) -> Iterable[tuple[str, Phrase]]:
    part = getattr(table, name)
    for field in part.__struct_fields__:
        for phrase in phrases(getattr(part, field)):
            yield field, phrase


def words_of(cut: Iterable[Token]) -> list[str]:
    return [token.text for token in cut if token.kind == "word"]
