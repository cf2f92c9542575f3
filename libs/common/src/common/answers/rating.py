"""A rating in what a person wrote: one number, standing where a rating stands, or nothing.

Everything is allowed by name (words of a frame, marks, forms); what is not known is not read, as
asking again costs a text and a wrong score cannot be noticed.
"""

import re
from dataclasses import dataclass
from itertools import islice

from common.answers.figures import Figure, Figures, Form
from common.answers.lexicon import Lexicon, lexicon
from common.answers.pictures import is_picture
from common.answers.standing import Standing
from common.answers.tokens import message, tokens

_MOST_FIGURES = 20
_MOST_ANNOUNCEMENTS = 3  # "sorry, wrong key, it should be 1"
_BEFORE_REST = " \t\n.,;:!…=।،-–—*_)]\"'”"
_QUOTED = re.compile('“[^“”]*”|„[^“”„]*[“”]|«[^«»]*»|「[^「」]*」|"[^"]*"')
_AFTER_REST = " \t\n,;:=-–—*_([\"'“"


@dataclass(frozen=True, slots=True)
class Rating:
    """`rest`: what was said beside the number, empty when it says nothing of its own."""

    value: int
    rest: str = ""


def read_rating(text: str, *, low: int, high: int, language: str) -> Rating | None:
    """The one rating from `low` to `high` in the text; None when there is none or a doubt."""
    standing = _standing(text, low, high, language)
    figure = _rating(standing, low, high)
    return Rating(figure.value, _rest(standing, figure)) if figure else None


def read_correction(text: str, *, given: int, low: int, high: int, language: str) -> int | None:
    """A rating that replaces the one `given`: a number, and nothing that could mean another thing.

    Alone, or with words that say so ("sorry, I meant 4"); "2 thanks!" and "3 👍" may well be a
    comment.
    """
    words = lexicon(language)
    announced = False
    for _ in range(_MOST_ANNOUNCEMENTS):
        bare = _announced(text, words)
        if bare is None:
            break
        text, announced = bare, True
    if announced:
        text = _without_given(text, given)
    standing = _standing(_without_denial(text, given, language), low, high, language)
    figure = _rating(standing, low, high)
    if figure is None:
        return None
    beside = (*standing.tokens[: figure.first], *standing.tokens[figure.last + 1 :])
    said = [token.text for token in beside if token.kind == "word"]
    known = standing.words
    idle = (known.frame | known.closing | known.explicit | known.negations).issuperset(said)
    explicit = (
        announced
        or figure.form in (Form.SCALE, Form.STARS)
        or not known.explicit.isdisjoint(said)
        or _takes_back(standing, figure)
    )
    if any(is_picture(token.text) or token.kind == "stars" for token in beside):
        return None
    return figure.value if not said or (idle and explicit) else None


def _takes_back(standing: Standing, figure: Figure) -> bool:
    """ "No, 2": a no that stands apart from the number."""
    before = standing.tokens[: figure.first]
    return (
        len(before) > 1
        and before[-1].kind == "mark"
        and before[-2].text in standing.words.negations
    )


def _announced(text: str, words: Lexicon) -> str | None:
    """Without the words that announce a correction ("my bad"); None where there are none."""
    said = message(text)
    cut = [token for token in tokens(said) if token.kind == "word"]
    heard = tuple(token.text for token in cut)
    no = {(word,) for word in words.negations}
    for phrase in sorted(words.corrections, key=len, reverse=True):
        for at in range(len(heard) - len(phrase) + 1):
            if heard[at : at + len(phrase)] == phrase:
                before = said[: cut[at].start] if heard[:at] not in no else ""
                after = said[cut[at + len(phrase) - 1].end :]
                return f"{before} {after}".strip(" ,.:;!-、，。：")
    return None


def _without_given(text: str, given: int) -> str:
    """Without the clause that holds the score that was wrong: "I pressed 3 ..., it is 8"."""
    said = message(text)
    clauses = re.split(r"[,.;:!\n،。，]", said)
    kept = [one for one in clauses if not any(token.whole == given for token in tokens(one))]
    numbered = any(token.kind == "number" for one in kept for token in tokens(one))
    return ", ".join(kept).strip(" ,") if numbered and len(kept) < len(clauses) else text


def _without_denial(text: str, given: int, language: str) -> str:
    """Without the number that is taken back: "I meant 4 not 5", "not 5, 4"."""
    said = message(text)
    cut, no = tokens(said), lexicon(language).negations
    if len(cut) < 3:
        return text
    if cut[0].text in no and cut[1].whole == given:
        return said[cut[1].end :].lstrip(" ,.:;-")
    if cut[-1].whole != given:
        return text
    return said[: cut[-2].start] if cut[-2].text in no else text


def _standing(text: str, low: int, high: int, language: str) -> Standing:
    words = lexicon(language)
    said = _without_question(message(text), low, high, words.links | {"-", "–", "—"})
    return Standing(said, Figures(tokens(said, words.unspaced), words), words)


def _rating(standing: Standing, low: int, high: int) -> Figure | None:
    found = list(islice(standing.figures.all(), _MOST_FIGURES + 1))
    if len(found) > _MOST_FIGURES:  # no answer, and each is looked at beside all the others
        return None
    figures = [figure for figure in found if figure.fits(low, high)]
    ratings = [figure for figure in figures if standing.stands(figure)]
    if not ratings or any(standing.contradicts(other, ratings[0]) for other in figures):
        return None
    return ratings[0]


def _without_question(text: str, low: int, high: int, links: frozenset[str]) -> str:
    """Without the lines and quotes that hold our question, which name its scale ("1 to 5?")."""
    ends = (str(low), str(high))
    quote = next((q for q in _QUOTED.finditer(text) if _names_scale(q[0], ends, links)), None)
    if quote is not None and (text[: quote.start()] + text[quote.end() :]).strip():
        text = f"{text[: quote.start()]}\n{text[quote.end() :]}".strip()
    lines = text.split("\n")
    own = [line for line in lines if not _names_scale(line, ends, links)]
    return "\n".join(own) if any(line.strip() for line in own) else text


def _names_scale(line: str, ends: tuple[str, str], links: frozenset[str]) -> bool:
    said = [token.text for token in tokens(line)]
    if "?" not in said and "？" not in said and ":" not in said:
        return False
    return any(
        {first, last} == set(ends) and link in links
        for first, link, last in zip(said, said[1:], said[2:], strict=False)
    )


def _rest(standing: Standing, figure: Figure) -> str:
    """What remains of the message without the figure and its frame."""
    before, after = standing.before(figure.first), standing.after(figure.last)
    if before is None or after is None:
        return ""
    text, cut = standing.text, standing.tokens
    begin = cut[before.start if standing.is_framed(before) else figure.first].start
    end = cut[after.start].start if after.start < len(cut) else len(text)
    parts = (text[:begin].rstrip(_AFTER_REST), text[end:].lstrip(_BEFORE_REST))
    rest = " ".join(part.strip() for part in parts if part.strip())
    return rest if _says_something(standing, rest) else ""


def _says_something(standing: Standing, rest: str) -> bool:
    known = standing.words
    idle = known.frame | known.closing | known.numbers.keys()  # "5 (five), thanks"
    said = tuple(token.text for token in tokens(rest) if token.kind == "word")
    # "Very good" is more than a frame.
    judges = any(word in known.praise and (word,) not in known.courtesy for word in said)
    return not idle.issuperset(said) or (judges and said not in known.courtesy)
