"""The answer reader: what a person wrote, read as a rating, an opt-out or a keyword.

It never guesses: what it does not understand is not read.
"""

from common.answers.choosing import read_choice
from common.answers.keywords import Keyword, read_keyword
from common.answers.machines import Machine, read_machine
from common.answers.opt_out import OptOut, read_opt_out
from common.answers.own_words import own_words, says_something
from common.answers.rating import Rating, read_correction, read_rating
from common.answers.tables import KNOWN as LANGUAGES
from common.answers.tables import without_tables
from common.answers.wishes import Wish

__all__ = [
    "LANGUAGES",
    "Keyword",
    "Machine",
    "OptOut",
    "Rating",
    "Wish",
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
