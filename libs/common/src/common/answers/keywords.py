"""STOP, START and HELP, in the language of the person and in English."""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from common.answers.opt_out import read_opt_out
from common.answers.own_words import own_words
from common.answers.phrasebook import opt_outs, returns
from common.answers.tables import phrases, spoken, tables, without_tables
from common.answers.tokens import message, tokens
from common.answers.wishes import Wish

_SIGNED = re.compile(r"\n\s*[-–—~]\s*[^\W\d]+\.?(?: [^\W\d]+)?\s*$")  # "- Joan"
_MOST_WORDS = 8  # a keyword with courtesy around it is short


class Keyword(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"


def read_keyword(text: str, language: str, *, question_open: bool) -> Keyword | None:
    """STOP as `read_opt_out` is sure of it; the others as the whole message, but for courtesy.

    YES brings somebody back only where nobody has asked them anything (`question_open` is false).
    """
    if read_opt_out(text, [language]).wish is Wish.SURE:
        return Keyword.STOP
    cut = tokens(message(_SIGNED.sub("", own_words(text))))
    if any(token.kind in ("number", "stars") for token in cut):
        return None
    said = spoken(cut)
    known = tables([language])
    courtesy = {
        word for one in known for phrase in phrases(one.keywords.courtesy) for word in phrase
    }
    if _is_one_of((one.keywords.start for one in known), said, courtesy):
        return Keyword.START
    if _asks_to_resume(said, language) and not any(token.text in "?？؟" for token in cut):
        return Keyword.START
    if not question_open and _is_one_of((one.keywords.yes for one in known), said, courtesy):
        return Keyword.START
    is_help = _is_one_of((one.keywords.help for one in known), said, courtesy)
    return Keyword.HELP if is_help else None


def may_be_stop(text: str, language: str) -> bool:
    """Whether a word by which people opt out is in it, spelled right. Much sooner known than

    what `read_keyword` says, and worth that look where it is so.
    """
    known = _stopping("en" if without_tables([language]) else language)
    return any(token.text in known for token in tokens(message(text)))


@lru_cache
def _stopping(language: str) -> frozenset[str]:
    entries = opt_outs((language,)).entries.values()
    return frozenset(word for found in entries for phrase, _ in found for word in phrase)


def _asks_to_resume(said: tuple[str, ...], language: str) -> bool:
    """ "Send me messages again": a request, what we send, that it was before, and no more."""
    kinds = [item.kinds for item in returns((language,)).items(said)]
    if not all(kinds) or len(said) > _MOST_WORDS:
        return False
    has = frozenset().union(*kinds)
    return {"resume", "again"} <= has and bool(has & {"thing", "send"}) and "no" not in has


def _is_one_of(texts: Iterable[str], said: tuple[str, ...], courtesy: set[str]) -> bool:
    """Whether the message is one of these phrases, with courtesy before or after it."""
    if not said or len(said) > _MOST_WORDS:
        return False
    return any(
        phrase == said[at : at + len(phrase)]
        and courtesy.union(phrase).issuperset(said[:at])
        and courtesy.union(phrase).issuperset(said[at + len(phrase) :])
        for text in texts
        for phrase in phrases(text)
        for at in range(len(said) - len(phrase) + 1)
    )
