"""Texts that no person wrote as an answer: reactions, automatic replies, notices of carriers.

Nobody is thanked for them, and nothing is asked again. A reaction quotes what it is about, such as
our own footer; the others count only in somebody's own words, for people answer such texts, too.
"""

import re
from enum import StrEnum

from common.answers.own_words import own_words
from common.answers.phrasebook import Item, Phrasebook, section, words_of
from common.answers.pictures import is_picture
from common.answers.tables import KNOWN
from common.answers.tokens import Token, message, tokens
from common.render import plain


class Machine(StrEnum):
    REACTION = "reaction"
    AUTOMATIC_REPLY = "automatic_reply"
    CARRIER_NOTICE = "carrier_notice"


_TAGGED = re.compile(r"\s*[\[(](?:auto|automatic|automated)\b[^\])]*[\])]", re.IGNORECASE)
_OPENS, _CLOSES = "“„«‟❝「『\"‘'״", "”“»❞」』\"'״"
_MOST_AROUND = 9  # words beside what a reaction quotes
_LEAST_QUOTED = 2  # words; a "5" in quotes is an answer
_OF_MACHINES = frozenset({"automatic", "carrier", "canned"})
_ALL = tuple(sorted(KNOWN))


def read_machine(text: str) -> Machine | None:
    """In any language, for a telephone speaks its own rather than the survey's."""
    book = section("machines", _ALL)
    cut = _tokens_unrated(plain(text))
    if _is_reaction(cut, book) or _is_about_a_picture(cut, book.items(words_of(cut))):
        return Machine.REACTION
    own = own_words(text)
    if _TAGGED.match(own):
        return Machine.AUTOMATIC_REPLY
    cut = _tokens_unrated(own)
    found = book.items(words_of(cut))
    if _has(found, "carrier"):
        return Machine.CARRIER_NOTICE
    if _has(found, "automatic"):
        return Machine.AUTOMATIC_REPLY
    numbered = any(token.kind == "number" for token in cut)  # "Sorry 4"
    if found and not numbered and all("canned" in item.kinds for item in found):
        return Machine.AUTOMATIC_REPLY
    return None


def said_before(text: str) -> str:
    """Their own words, as `message` has them, as far as the first that a machine has."""
    own = message(own_words(text))
    spoken = [token for token in tokens(own) if token.kind == "word"]
    found = section("machines", _ALL).items([token.text for token in spoken])
    at = next((item.first for item in found if item.kinds & _OF_MACHINES), None)
    return own if at is None else own[: spoken[at].start]


def _tokens_unrated(text: str) -> tuple[Token, ...]:
    """None of a text that begins or ends in a number as an answer does."""
    cut = tokens(message(text))
    return () if not cut or cut[0].whole is not None or _ends_in_rating(cut) else cut


def _ends_in_rating(cut: tuple[Token, ...]) -> bool:
    """ "Your automatic reply was rude, 1"."""
    value = cut[-1].whole
    return len(cut) > 1 and cut[-2].kind == "mark" and cut[-1].spaced and value in range(11)


def _has(found: list[Item], kind: str) -> bool:
    return any(kind in item.kinds for item in found)


def _is_about_a_picture(cut: tuple[Token, ...], found: list[Item]) -> bool:
    """ "Loved an image", with no quote."""
    kinds = [item.kinds for item in found]
    if not kinds or "pictures" not in kinds[-1]:
        return False
    reacts = any("reactions" in one for one in kinds[:-1])
    return len(kinds) <= _MOST_AROUND and (reacts or is_picture(cut[0].text))


def _is_reaction(cut: tuple[Token, ...], book: Phrasebook) -> bool:
    """A verb or an emoji beside one long quote, in either order, and nothing of their own."""
    first = next((at for at, token in enumerate(cut) if token.text in _OPENS), None)
    if first is None:
        return False
    ends = [at for at, token in enumerate(cut) if at > first and token.text in _CLOSES]
    last = ends[-1] if ends else len(cut)
    quoted, around = cut[first + 1 : last], (*cut[:first], *cut[last + 1 :])
    said = words_of(around)
    numbered = any(token.kind == "number" for token in around)
    by_a_keycap = numbered and cut[0].kind == "word" and _has(book.items(said[:1]), "reactions")
    if len(words_of(quoted)) < _LEAST_QUOTED or (numbered and not by_a_keycap):
        return False
    if len(said) > _MOST_AROUND:
        return False
    drawn = any(is_picture(token.text) or token.kind == "stars" for token in around)
    begins = book.items(words_of(cut))[0]  # in Italian the verb itself is quoted
    if "reactions" in begins.kinds and begins.last > 1:
        return True
    return (drawn and len(said) <= 5 and len(words_of(quoted)) > 2) or _has(
        book.items(said), "reactions"
    )
