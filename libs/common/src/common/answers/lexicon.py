"""The tables of a language, with English beside it, as the reader of ratings looks things up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from common.answers.letters import folded
from common.answers.tables import Ratings, Table, phrases, tables, words
from common.answers.tokens import is_unspaced


@dataclass(frozen=True, kw_only=True)
class Lexicon:
    """The fields are those of `tables.Numbers` and `tables.Ratings`, folded."""

    numbers: Mapping[str, int]
    stars: frozenset[str]
    scale: tuple[tuple[str, ...], ...]
    scale_first: tuple[tuple[str, ...], ...]
    points: frozenset[str]
    links: frozenset[str]
    halves: frozenset[str]
    before_halves: frozenset[str]
    frame: frozenset[str]
    closing: frozenset[str]
    explicit: frozenset[str]
    praise: frozenset[str]
    judged: frozenset[str]
    mass: frozenset[str]
    titles: frozenset[str]
    labels: frozenset[str]
    places: tuple[str, ...]
    introductions: frozenset[tuple[str, ...]]
    therefore: tuple[tuple[str, ...], ...]
    unreal: tuple[tuple[str, ...], ...]
    possessives: frozenset[str]
    ordinals: bool
    openings: tuple[tuple[str, ...], ...]
    retractions: frozenset[tuple[str, ...]]
    corrections: tuple[tuple[str, ...], ...]
    courtesy: frozenset[tuple[str, ...]]
    nouns_are_capitals: bool
    subjects: frozenset[str]
    acts: frozenset[str]
    degrees: frozenset[str]
    reasons: frozenset[str]
    turns: frozenset[str]
    ands: frozenset[str]
    prepositions: frozenset[str]
    verbs: frozenset[str]
    deeds: frozenset[str]
    negations: frozenset[str]
    denials: frozenset[str]
    counting: frozenset[str]
    refusing: frozenset[str]
    conditions: frozenset[str]
    questions: frozenset[str]
    units: frozenset[str]
    plurals: tuple[str, ...]
    adverbs: tuple[str, ...]
    sounds: Mapping[int, tuple[tuple[str, ...], ...]]
    # The subjects of languages in which digits sound like words.
    sounding: frozenset[str]

    @cached_property
    def unspaced(self) -> frozenset[str]:
        """The words of scripts without blanks that are longer than a letter."""
        groups = (getattr(self, name) for name in (*_SAME, *_ALIKE, "links", "stars", "numbers"))
        words = {word for group in groups for word in group}
        words |= {word for group in (self.scale, self.scale_first) for one in group for word in one}
        return frozenset(word for word in words if len(word) > 1 and is_unspaced(word))

    @cached_property
    def understood(self) -> frozenset[str]:
        """What a comment before a number may be made of."""
        said = (self.frame, self.praise, self.judged, self.mass, self.subjects, self.degrees)
        return frozenset().union(*said, self.titles, self.verbs, self.deeds, self.ands)

    @cached_property
    def breaks(self) -> frozenset[str]:
        """What ends a noun phrase, so that a noun after it is not what a number before counts."""
        goes_on = (self.subjects, self.verbs, self.deeds, self.acts, self.prepositions)
        return frozenset().union(*goes_on, self.reasons, self.turns, self.negations)

    @cached_property
    def leads(self) -> frozenset[str]:
        """What may stand right before a rating; a determiner or a noun may count or name."""
        return self.praise | self.frame | self.verbs

    @cached_property
    def denying(self) -> frozenset[str]:
        return self.negations | self.denials

    def knows(self, word: str) -> bool:
        """Whether it is a word of a comment or a number, rather than one we never heard."""
        says = (self.frame, self.closing, self.praise, self.degrees, self.titles, self.ands)
        names = (self.judged, self.mass, self.units, self.numbers, self.breaks)
        return any(word in group for group in (*says, *names))


@lru_cache
def lexicon(language: str) -> Lexicon:
    """Where both know a word as a number, the language wins; an unknown one is read as English."""
    known = tables([language])
    return Lexicon(
        numbers={spelling: value for one in known for spelling, value in spelled(one).items()},
        stars=_all(known, lambda table: table.numbers.stars),
        scale=_phrases(known, lambda table: table.numbers.scale),
        scale_first=_phrases(known, lambda table: table.numbers.scale_first),
        points=_all(known, lambda table: table.numbers.points),
        links=_all(known, lambda table: table.numbers.links),
        halves=_all(known, lambda table: table.numbers.halves),
        before_halves=_all(known, lambda table: table.numbers.before_halves),
        plurals=_endings(known, lambda table: table.rating.plural),
        adverbs=_endings(known, lambda table: table.rating.adverb),
        sounds=_sounds(known),
        sounding=_of_rating(tuple(one for one in known if one.rating.sounds), "subjects"),
        places=_endings_of_all(known),
        introductions=frozenset(_phrases(known, lambda table: table.rating.introductions)),
        therefore=phrases(known[-1].rating.therefore),  # "so 5" is about 5 in German
        unreal=_phrases(known, lambda table: table.rating.unreal),
        ordinals=known[-1].rating.ordinals,
        openings=_phrases(known, lambda table: table.rating.openings),
        retractions=frozenset(_phrases(known, lambda table: table.rating.retractions)),
        corrections=_phrases(known, lambda table: table.rating.corrections),
        courtesy=frozenset(_phrases(known, lambda table: table.keywords.courtesy)),
        nouns_are_capitals=known[-1].rating.nouns_are_capitals,
        **{name: _of_rating(known, name) for name in _SAME},
        **{name: _not_of_english(known, name, other) for name, other in _ALIKE.items()},
    )


_OWN = (
    "plural",
    "adverb",
    "sounds",
    "places",
    "introductions",
    "therefore",
    "unreal",
    "ordinals",
    "openings",
    "retractions",
    "corrections",
    "nouns_are_capitals",
)
# Where a word of English is another one in the language: "a la fin", "no final", "do 5".
_ALIKE = {"degrees": "prepositions", "negations": "prepositions", "questions": "frame"}
_SAME = tuple(name for name in Ratings.__struct_fields__ if name not in (*_OWN, *_ALIKE))


def spelled(table: Table) -> dict[str, int]:
    """The words for 0 to 10 with what each says."""
    return {
        spelling: value
        for value, spellings in enumerate(folded(table.numbers.words).split())
        for spelling in spellings.split("|")
    }


def _all(known: tuple[Table, ...], field: Callable[[Table], str]) -> frozenset[str]:
    return frozenset().union(*(words(field(table)) for table in known))


def _of_rating(known: tuple[Table, ...], name: str) -> frozenset[str]:
    return frozenset().union(*(words(getattr(table.rating, name)) for table in known))


def _not_of_english(known: tuple[Table, ...], name: str, other: str) -> frozenset[str]:
    """Without the words of English that are among the `other` ones in the language itself."""
    own = known[-1].rating
    return words(getattr(own, name)) | (_of_rating(known, name) - words(getattr(own, other)))


def _phrases(
    known: tuple[Table, ...], field: Callable[[Table], str]
) -> tuple[tuple[str, ...], ...]:
    return tuple(phrase for table in known for phrase in phrases(field(table)))


def _endings(known: tuple[Table, ...], field: Callable[[Table], str]) -> tuple[str, ...]:
    """Of the language alone where it has some of its own."""
    return tuple(folded(field(known[-1])).split())


def _endings_of_all(known: tuple[Table, ...]) -> tuple[str, ...]:
    return tuple(word for table in known for word in folded(table.rating.places).split())


def _sounds(known: tuple[Table, ...]) -> dict[int, tuple[tuple[str, ...], ...]]:
    return {
        int(digit): tuple(tuple(one.split("-")) for one in folded(before).split())
        for table in known
        for digit, before in table.rating.sounds.items()
    }
