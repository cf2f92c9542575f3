"""What the reader knows of each language: one file of `languages/` each, all of one form.

A language is added by adding its file. Words are separated by blanks, phrases by commas; case
and Latin accents do not matter. What a table does not know, the reader does not read.
"""

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

import msgspec

from common.answers.letters import folded
from common.answers.tokens import Token, message, tokens

_FOLDER = files("common.answers") / "languages"
KNOWN = frozenset(
    entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml")
)


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a table leaves out, the reader does not know of that language."""


class Numbers(_Section, frozen=True, kw_only=True):
    """`words`: 0, 1 ... 10, alternatives joined by `|`. `stars`: what five of are given.

    `scale`: phrases between value and top ("out of"); `scale_first`: between top and value.
    `links` make two numbers a choice; `halves`, with `before_halves`, make one no whole number.
    `points` are what a rating is counted in, where nothing follows that they might be points of.
    """

    words: str = ""
    stars: str = ""
    scale: str = ""
    scale_first: str = ""
    points: str = ""
    links: str = ""
    halves: str = ""
    before_halves: str = ""


class Ratings(_Section, frozen=True, kw_only=True):
    """Words around a number; which may stand where is `comments` and `rating`.

    Say nothing of their own: `frame` before the number, `closing` after it; `explicit` are those
    of them that say a rating is meant, or meant anew. `units` make it a quantity. A comment may
    begin with `praise` (judgements, good or bad, not in forms of the plural), `judged` (who or what
    is judged, in the singular), `mass` (what nobody counts: "internet", "service"), `titles` ("Mr",
    before a name), `subjects`, `degrees`, `reasons`, `turns` ("but"), `deeds` (what was done,
    without saying by whom), an adverb by its `adverb` ending, or one of the phrases of `openings`
    ("could be better"). `refusing` after a negation makes it none, and so do `conditions`. After
    these and `denials` ("never", "nobody") no number is a rating, nor right after `counting` verbs
    ("we had 3", "took a good 9"). `verbs`, and `acts`, which lead to no number, follow a single
    person's or thing's name.

    `introductions` ("for me", "number") are phrases that may stand, whole, before a rating, and
    `therefore` begins a clause that may be one by itself ("..., so I give 5"). `unreal` phrases
    ("would have been") before a number or after it make it one that was not given. What is
    somebody's by a word of `possessives` is not counted ("1 my order").

    `labels` come before numbers that name something ("no. 5"), `places` begin or, after a hyphen,
    end the name of a street; `ordinals` where a full stop makes a number one ("3. Anruf").
    `retractions` (phrases) after a number take it back, `corrections` ("my bad") announce another.
    `plural` is how the plural of most nouns ends, empty where that does not tell;
    `nouns_are_capitals` where a capital shows no name.
    """

    frame: str = ""
    closing: str = ""
    explicit: str = ""
    praise: str = ""
    judged: str = ""
    mass: str = ""
    titles: str = ""
    introductions: str = ""
    therefore: str = ""
    unreal: str = ""
    possessives: str = ""
    labels: str = ""
    places: str = ""
    ordinals: bool = False
    openings: str = ""
    retractions: str = ""
    corrections: str = ""
    nouns_are_capitals: bool = False
    subjects: str = ""
    degrees: str = ""
    reasons: str = ""
    turns: str = ""
    ands: str = ""
    prepositions: str = ""
    verbs: str = ""
    deeds: str = ""
    acts: str = ""
    negations: str = ""
    denials: str = ""
    counting: str = ""
    refusing: str = ""
    conditions: str = ""
    questions: str = ""
    units: str = ""
    plural: str = ""
    adverb: str = ""
    # Digit: what it stands before when it means a word of the same sound, words joined by hyphens.
    sounds: dict[str, str] = {}


class OptOuts(_Section, frozen=True, kw_only=True):
    """Phrases by which people opt out; what they make together is `opt_out`.

    `keywords` are opt-outs alone or as a sentence; `weak` ones only as the whole message.
    `end` ("stop"), `no`, `more`, `send`, `thing` ("messages"), `me` and `want` make one together,
    `refuse` is a verb that holds its negation. `leave` is one by itself, and
    so is `drop` ("remove") with `me` or `list`. `fill` may stand beside
    them, `others` (somebody else, something else) show that another thing is meant. `maybe`: no
    wish to be asked, though not said in so many words; `declines` are that only in place of a
    number, `tired` ("another text?") only where nothing else and no number is said, and `asks` are
    so before what we do ("why do you text me"). After a keyword, `persons` begin another sentence.
    `instructs` stands before a keyword that is only quoted. `texting` are
    those of `send` that can only be what we do, `lookalikes` are no keywords written wrongly.
    """

    keywords: str = ""
    weak: str = ""
    end: str = ""
    no: str = ""
    more: str = ""
    send: str = ""
    texting: str = ""
    thing: str = ""
    me: str = ""
    want: str = ""
    refuse: str = ""
    leave: str = ""
    drop: str = ""
    list: str = ""
    fill: str = ""
    persons: str = ""
    others: str = ""
    maybe: str = ""
    declines: str = ""
    tired: str = ""
    asks: str = ""
    instructs: str = ""
    lookalikes: str = ""


class Keywords(_Section, frozen=True, kw_only=True):
    """`courtesy` may stand beside any keyword.

    What asks for something (`resume`: "send me", "I want") with `again` and what we send is a
    START as well.
    """

    start: str = ""
    resume: str = ""
    again: str = ""
    yes: str = ""
    help: str = ""
    courtesy: str = ""


class Machines(_Section, frozen=True, kw_only=True):
    """What machines' texts contain; `canned` replies are machines' only as the whole message.

    `reactions` stand beside what they quote or `pictures` ("an image"). `signatures` begin a line
    that ends a message, and so do two lines of `headers`, or one that says who `wrote` what
    follows.
    """

    reactions: str = ""
    pictures: str = ""
    automatic: str = ""
    canned: str = ""
    carrier: str = ""
    signatures: str = ""
    wrote: str = ""
    headers: str = ""


class Table(_Section, frozen=True, kw_only=True):
    name: str
    numbers: Numbers
    rating: Ratings
    opt_out: OptOuts
    keywords: Keywords
    machines: Machines = Machines()


@lru_cache
def table(language: str) -> Table | None:
    """`language` is a tag such as `es` or `es-MX`; None where there is no table for it."""
    code = _code(language)
    if code not in KNOWN:
        return None
    return msgspec.convert(tomllib.loads((_FOLDER / f"{code}.toml").read_text("utf-8")), Table)


def tables(languages: Iterable[str]) -> tuple[Table, ...]:
    """Those of these languages, each once, English first: it holds everywhere."""
    codes = dict.fromkeys(["en", *map(_code, languages)])
    return tuple(found for code in codes if (found := table(code)) is not None)


def without_tables(languages: Iterable[str]) -> tuple[str, ...]:
    """Those in which words are not understood, only digits and English, as they were given."""
    return tuple(one for one in dict.fromkeys(languages) if _code(one) not in KNOWN)


def words(text: str) -> frozenset[str]:
    return frozenset(folded(text).split())


@lru_cache(maxsize=4_096)
def phrases(text: str) -> tuple[tuple[str, ...], ...]:
    """Those between commas; an empty one is none, or it would be found in everything."""
    split = (spoken(tokens(message(phrase))) for phrase in text.split(","))
    return tuple(dict.fromkeys(phrase for phrase in split if phrase))


def spoken(cut: Iterable[Token]) -> tuple[str, ...]:
    """The words and numbers among the tokens, without the marks."""
    return tuple(token.text for token in cut if token.kind in ("word", "number"))


def _code(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]
