"""The answer reader: what a person wrote, read as a rating or a keyword. It never guesses."""

from common.answers.keywords import Keyword, read_keyword
from common.answers.rating import Rating, read_rating

__all__ = ["Keyword", "Rating", "read_keyword", "read_rating"]
