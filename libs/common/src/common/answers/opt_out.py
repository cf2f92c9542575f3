"""Whether a message says no: for sure, perhaps, or not at all.

A keyword counts with courtesy, marks, repetition or a score beside it, and so does a sentence
that asks in any words of the tables to end what we send ("do not text me again"). Where such
words stand among others that we do not know, or it may be said of something else, it is a maybe.
A sentence that only contains the word ("the bus stop") is none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from common.answers.lexicon import lexicon
from common.answers.machines import Machine, read_machine, said_before
from common.answers.misspelt import is_misspelt_keyword, mended, without_and
from common.answers.own_words import own_words
from common.answers.phrasebook import Item, Phrasebook, opt_outs
from common.answers.tables import phrases, tables
from common.answers.tokens import Token, message, tokens
from common.answers.wishes import Clause, Wish

_DOUBTS = frozenset({"maybe", "declines", "asks"})  # phrases that may hide what is sure in them
_CHAT = {"ur": "your"}
_MARKS_INSIDE = frozenset("-'*_/&+2")  # they end no clause; "kirim2" is "kirim-kirim"


@dataclass(frozen=True, slots=True)
class OptOut:
    """`rest`: what was said beside it, which may be a score; all of it unless it is sure."""

    wish: Wish
    rest: str


def read_opt_out(text: str, languages: Iterable[str], *, awaits_rating: bool = True) -> OptOut:
    """English is read beside these languages, in which the person may have been asked.

    Give them all where the person's is not known; a keyword that is an ordinary word of another
    one of them is then a maybe. `awaits_rating`: a number was asked for, so that "no" is a no.
    Of a text that a machine may have written only what stands before the machine's words counts.
    Linear in the text, of which no more than `render.LONGEST` characters are looked at.
    """
    own = message(own_words(text))
    machine = read_machine(text)
    if machine is Machine.REACTION:
        return OptOut(Wish.NONE, own)
    known = tuple(dict.fromkeys(languages))
    head = own if machine is None else said_before(text)
    reader = _Reader(head, tokens(head), opt_outs(known), known)
    said = reader.read(awaits_rating=awaits_rating)
    if machine is None:
        return said
    if said.wish is not Wish.SURE:
        return OptOut(Wish.NONE, own)
    return OptOut(Wish.SURE, f"{said.rest} {own[len(head) :]}".strip())


@dataclass(frozen=True, slots=True)
class _Said:
    """A clause with the tokens it is made of."""

    tokens: tuple[Token, ...]
    clause: Clause


@dataclass(frozen=True, slots=True)
class _Reader:
    text: str
    tokens: tuple[Token, ...]
    book: Phrasebook
    languages: tuple[str, ...]

    def read(self, *, awaits_rating: bool) -> OptOut:
        if is_misspelt_keyword(self.tokens, self.languages):
            return OptOut(Wish.SURE, "")
        said = list(self._clauses())
        spoken = [one for one in said if one.clause.items]
        if any(one.clause.has_keyword() for one in spoken) and all(
            one.clause.is_keyword_or_idle() for one in spoken
        ):
            return self._sure(spoken)
        # With a number beside it, "no" says something of what was numbered.
        bare = awaits_rating and not any(token.kind == "number" for token in self.tokens)
        wishes = [self._wish(one, bare=bare) for one in said]
        sure = [one for one, wish in zip(said, wishes, strict=True) if wish is Wish.SURE]
        if sure:
            return self._sure(sure)
        again = [one for clause in said for one in self._otherwise(clause)]
        if again:
            return self._sure(again)
        return OptOut(Wish.MAYBE if Wish.MAYBE in wishes else Wish.NONE, self.text)

    def _wish(self, one: _Said, *, bare: bool) -> Wish:
        """ "Wrong number" is a doubt, "wrong number, 3" a correction."""
        wish = one.clause.wish(awaits_rating=bare)
        said = tuple(token.text for token in one.tokens)
        numbered = any(token.kind == "number" for token in self.tokens)
        if wish is not Wish.MAYBE or not numbered:
            return wish
        if one.clause.is_tired() or _corrects(said, self.languages):
            return Wish.NONE
        return wish

    def _sure(self, sure: list[_Said]) -> OptOut:
        if not any(one.clause.says_more_than_keywords() for one in sure) and self._is_ordinary(
            sure
        ):
            return OptOut(Wish.MAYBE, self.text)
        rest, at = [], 0
        for one in sure:
            rest.append(self.text[at : one.tokens[0].start])
            at = one.tokens[-1].end
        return OptOut(Wish.SURE, " ".join((*rest, self.text[at:])).strip(" ,;:-–—"))

    def _is_ordinary(self, sure: list[_Said]) -> bool:
        """Whether all the keywords are words like others in another of the languages."""
        words = [
            tuple(token.text for token in one.tokens[item.first : item.last + 1])
            for one in sure
            for item in one.clause.items
            if item.kinds & {"keywords", "weak"}
        ]
        return all(_is_ordinary(word, self.languages) for word in words)

    def _clauses(self) -> Iterator[_Said]:
        """Marks, line ends and numbers part them; so does a person after a keyword."""
        run: list[Token] = []
        for token in (*self.tokens, None):
            if token is not None and token.kind == "word":
                run.append(token)
            elif token is None or token.spaced or token.text not in _MARKS_INSIDE:
                yield from self._parted(tuple(run))
                run = []

    def _word(self, token: Token) -> str:
        word = _plain(token.text)
        return without_and(_CHAT.get(word, word), self.languages)

    def _parted(self, run: tuple[Token, ...]) -> Iterator[_Said]:
        items = self.book.items([self._word(token) for token in run])
        at = _end_of_keywords(items)
        if at:
            first = items[at].first
            yield self._said(run[:first], items[:at])
            moved = [Item(i.first - first, i.last - first, i.kinds) for i in items[at:]]
            yield self._said(run[first:], moved)
        elif run:
            yield self._said(run, items)

    def _otherwise(self, one: _Said) -> Iterator[_Said]:
        """The same clause word for word and without its slips, where that makes it sure."""
        if one.clause.is_of_others():
            return
        words = [self._word(token) for token in one.tokens]
        book = opt_outs(self.languages, _DOUBTS)
        doubted = one.clause.wish(awaits_rating=False) is Wish.MAYBE
        for fewest in (True, False):
            bare = Clause(tuple(book.items(words, fewest=fewest)))
            says = bare.says_more_than_keywords() or (not doubted and bare.is_known())
            if says and bare.wish(awaits_rating=False) is Wish.SURE:
                yield _Said(one.tokens, bare)
                return
        meant = Clause(tuple(mended(words, self.languages) or ()))
        if meant.is_known() and meant.wish(awaits_rating=False) is Wish.SURE:
            yield _Said(one.tokens, meant)

    def _said(self, run: tuple[Token, ...], items: list[Item]) -> _Said:
        written = [self.text[token.start : token.end] for token in run]
        mixed = any(word != word.upper() for word in written)
        shouted = frozenset(
            at for at, item in enumerate(items) if mixed and written[item.first].isupper()
        )
        return _Said(run, Clause(tuple(items), shouted))


def _end_of_keywords(items: list[Item]) -> int:
    """Where a person begins another sentence after nothing but keywords; 0: nowhere."""
    heard = False
    for at, item in enumerate(items):
        if item.kinds & {"keywords", "courtesy"} and not (heard and "persons" in item.kinds):
            heard = heard or "keywords" in item.kinds
        else:
            return at if heard and "persons" in item.kinds else 0
    return 0


def _plain(word: str) -> str:
    """Without letters that were held down: "STOPPPP"."""
    if len(word) < 4:
        return word
    kept = [c for at, c in enumerate(word) if word[max(0, at - 2) : at + 1] != c * 3]
    return "".join(kept)


def _corrects(said: tuple[str, ...], languages: tuple[str, ...]) -> bool:
    return any(said in lexicon(one).corrections for one in ("en", *languages))


@lru_cache(maxsize=4_096)
def _is_ordinary(keyword: tuple[str, ...], languages: tuple[str, ...]) -> bool:
    """A keyword of some of these languages, and no keyword but a common word in another."""
    if len(keyword) > 1 or _is_keyword(keyword, "en"):
        return False
    others = [one for one in ("en", *languages) if not _is_keyword(keyword, one)]
    return any(lexicon(one).knows(keyword[0]) for one in others)


def _is_keyword(keyword: tuple[str, ...], language: str) -> bool:
    return any(
        keyword in phrases(text)
        for one in tables([language])
        for text in (one.opt_out.keywords, one.opt_out.weak)
    )
