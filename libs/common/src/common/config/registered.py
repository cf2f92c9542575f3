"""Which registered template (DLT) a text is: as the operators find it, by its words.

Templates and texts are written by customers, and no text may take long. So every place up to which
a text may have been read is one bit of a number, and a piece of a template moves them all at once.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

VARIABLE = re.compile(r"\{#([a-z]{1,20})#\}")
# By its tag: how long a value may be, and what it may be made of. The plain one is the oldest.
TAGS: dict[str, tuple[int, re.Pattern[str]]] = {
    "var": (30, re.compile(r"[^\n]+")),
    "numeric": (30, re.compile(r"[0-9]+")),
    "number": (30, re.compile(r"[0-9]+")),
    # and the signs of Indic scripts
    "alphanumeric": (40, re.compile(r"(?:[^\W_]|[ \u0900-\u0dff])+")),
    "url": (120, re.compile(r"\S+")),
    "urlott": (120, re.compile(r"\S+")),
    "cbn": (30, re.compile(r"[0-9+ -]+")),
    "email": (60, re.compile(r"\S+")),
}
MOST_STEPS = 50_000  # with one text: some 10 ms, a hundred times what is usual
_LEAD = 16  # characters that templates are told apart by before they are looked at


class Template(Protocol):
    """What this module needs of one."""

    @property
    def header(self) -> str: ...

    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Values:
    """Variables of a kind in a row: together so many of these characters."""

    characters: re.Pattern[str]
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Form:
    """A template, taken apart. `least`, `most`: characters of a text that may be it."""

    lead: str
    middle: tuple[str | Values, ...]
    tail: str
    least: int
    most: int

    @classmethod
    def of(cls, template: str) -> "Form":
        pieces = _pieces(template)
        if len(pieces) == 1 and isinstance(pieces[0], str):
            return cls(template, (), "", len(template), len(template))
        least = sum(len(one) if isinstance(one, str) else one.least for one in pieces)
        most = sum(len(one) if isinstance(one, str) else one.most for one in pieces)
        lead = pieces.pop(0) if isinstance(pieces[0], str) else ""
        tail = pieces.pop() if isinstance(pieces[-1], str) else ""
        assert isinstance(lead, str)
        assert isinstance(tail, str)
        return cls(lead, tuple(pieces), tail, least, most)


def _pieces(template: str) -> list[str | Values]:
    """Words and variables in turn; a variable that there is not is words."""
    pieces: list[str | Values] = []
    at = 0
    for match in VARIABLE.finditer(template):
        if match[1] not in TAGS:
            continue
        if words := template[at : match.start()]:
            pieces.append(words)
        at = match.end()
        most, characters = TAGS[match[1]]
        last = pieces[-1] if pieces else None
        if isinstance(last, Values) and last.characters == characters:
            pieces[-1] = Values(characters, last.least + 1, last.most + most)
        else:
            pieces.append(Values(characters, 1, most))
    if words := template[at:]:
        pieces.append(words)
    return pieces or [""]


@dataclass(slots=True)
class Reading:
    """A text that is held against templates. `steps`: what that took, each a few operations on as

    many bits as it has characters. Beyond `most` nothing is a template any more.
    """

    text: str
    most: int = MOST_STEPS
    steps: int = 0
    _runs: dict[tuple[re.Pattern[str], int], int] = field(default_factory=dict)
    _places: dict[str, int] = field(default_factory=dict)

    def fills(self, form: Form) -> bool:
        """Whether the text is this template with a value for each variable."""
        self.steps += 1
        text = self.text
        if not form.least <= len(text) <= form.most:
            return False
        if not (text.startswith(form.lead) and text.endswith(form.tail)):
            return False
        places = 1 << len(form.lead)
        for piece in form.middle:
            if isinstance(piece, str):
                places = self._after_words(places, piece)
            else:
                places = self._after_values(places, piece)
            if not places:
                return False
        return bool(places >> (len(text) - len(form.tail)) & 1)

    def _after_words(self, places: int, words: str) -> int:
        few = places.bit_count()
        if few * 2 < len(words):
            self.steps += few * 2
            return self._after_each(places, words)
        if not self._places:
            for at, character in enumerate(self.text):
                self._places[character] = self._places.get(character, 0) | 1 << at
            self.steps += len(self.text)
        for character in words:
            self.steps += 1
            places = (places & self._places.get(character, 0)) << 1
            if not places:
                return 0
        return places

    def _after_each(self, places: int, words: str) -> int:
        found = 0
        while places:
            at = (places & -places).bit_length() - 1
            places &= places - 1
            if self.text.startswith(words, at):
                found |= 1 << at + len(words)
        return found

    def _after_values(self, places: int, values: Values) -> int:
        """Twice as far with each step: all places that are `least` to `most` characters on."""
        places = self._on(places, values.characters, values.least)
        done, wanted = 0, values.most - values.least
        while places and done < wanted:
            on = min(done + 1, wanted - done)
            places |= self._on(places, values.characters, on)
            done += on
        return places

    def _on(self, places: int, characters: re.Pattern[str], count: int) -> int:
        """From each place from where there are so many of these characters."""
        self.steps += 1
        return (places & self._run(characters, count)) << count

    def _run(self, characters: re.Pattern[str], count: int) -> int:
        """The places from which there are so many of these characters in a row."""
        found = self._runs.get((characters, count))
        if found is None:
            if count == 1:
                found = self._made_of(characters)
            else:
                half = count // 2
                rest = count - half
                found = self._run(characters, rest) & self._run(characters, half) >> rest
            self.steps += 1
            self._runs[characters, count] = found
        return found

    def _made_of(self, characters: re.Pattern[str]) -> int:
        bits, at = [], 0
        for match in characters.finditer(self.text):
            bits += ["0" * (match.start() - at), "1" * (match.end() - match.start())]
            at = match.end()
        self.steps += len(bits) * 2
        return int("".join(bits)[::-1] or "0", 2)


T = TypeVar("T", bound=Template)


class Registered(Generic[T]):
    """Templates by their headers and first words, so that a text meets few of them."""

    def __init__(self, templates: Sequence[T]) -> None:
        self._by_lead: dict[tuple[str, str], list[tuple[int, Form, T]]] = {}
        for place, one in enumerate(templates):
            form = Form.of(one.text)
            known = self._by_lead.setdefault((one.header, form.lead[:_LEAD]), [])
            known.append((place, form, one))

    def template_of(self, reading: Reading, header: str) -> T | None:
        """The first one that the text is."""
        met = sorted(self._met(reading.text, header), key=lambda one: one[0])
        for _, form, one in met:
            if reading.fills(form):
                return one
            if reading.steps > reading.most:
                break
        return None

    def _met(self, text: str, header: str) -> Iterator[tuple[int, Form, T]]:
        for length in range(_LEAD + 1):
            if length <= len(text):
                yield from self._by_lead.get((header, text[:length]), ())
