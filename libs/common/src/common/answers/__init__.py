"""The answer reader: what a person wrote, read as a rating, an opt-out or a keyword.

It never guesses: what it does not understand is not read.
"""

from common.answers.choosing import read_choice
from common.answers.keywords import Keyword, may_be_stop, read_keyword
from common.answers.machines import Machine, read_machine
from common.answers.opt_out import OptOut, read_opt_out
from common.answers.own_words import own_words
from common.answers.rating import Rating, read_correction, read_rating
from common.answers.tables import KNOWN as LANGUAGES
from common.answers.tables import without_tables
from common.answers.wishes import Wish
from common.render import says_something


def learn() -> None:
    """Loads the words of all languages, which takes a while once; they are loaded when needed."""
    read_opt_out("?", sorted(LANGUAGES))
    for language in sorted(LANGUAGES):
        read_rating("?", low=1, high=5, language=language)


__all__ = [
    "LANGUAGES",
    "Keyword",
    "Machine",
    "OptOut",
    "Rating",
    "Wish",
    "learn",
    "may_be_stop",
    "own_words",
    "read_choice",
    "read_correction",
    "read_keyword",
    "read_machine",
    "read_opt_out",
    "read_rating",
    "says_something",
    "without_tables",
]
