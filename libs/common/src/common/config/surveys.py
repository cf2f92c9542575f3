"""The documents that say what is asked: questions, their words, how they sound."""

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from common.config.fields import NO_FLAG, STRICT, Language, Prose, Slug
from common.events.questionnaire import Band, QuestionKind
from common.events.values import Metric

MOST_WORDS = 50  # of an enumeration, in one list
MOST_LANGUAGES = 50
MOST_CHOSEN = 4  # that somebody listens to before the first question
Words = Annotated[dict[Language, Prose], Field(min_length=1, max_length=MOST_LANGUAGES)]
ByLanguage = Annotated[dict[Language, dict[str, Any]], Field(max_length=MOST_LANGUAGES)]
Point = Annotated[int, Field(ge=-1_000, le=1_000), NO_FLAG]


MOST_OPTIONS = 20
OptionId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,29}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """`text` by language; answers are counted by `id`, so the words and the order may change."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: OptionId
    text: Annotated[
        dict[Language, Annotated[str, Field(min_length=1, max_length=72)]],
        Field(min_length=1, max_length=MOST_LANGUAGES),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`text` by language. A rating has a `scale`, lowest and highest, whole numbers; a choice has

    `options`. `only`: asked in these bands of the score. `chosen`: asked of whoever chose one of
    these options, by the id of an earlier choice.
    `metric`: of a rating after the first one, where it is not the survey's.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: Slug
    kind: QuestionKind
    text: Words
    scale: tuple[Point, Point] = (0, 0)
    options: Annotated[tuple[Option, ...], Field(max_length=MOST_OPTIONS)] = ()
    only: Annotated[tuple[Band, ...], Field(max_length=MOST_WORDS)] = ()
    chosen: Annotated[
        dict[Slug, Annotated[tuple[OptionId, ...], Field(min_length=1, max_length=MOST_OPTIONS)]],
        Field(max_length=MOST_OPTIONS),
    ] = field(default_factory=dict)
    metric: Metric | None = None


Recording = Annotated[str, Field(pattern=r"^https://[^\s]{1,500}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyVoice:
    """How a survey sounds in one language. `voice` and `locale` of the synthesis, as the provider

    names them. `questions` by id; `texts`: fields of `questionnaire.VoiceTexts`; `recordings`:
    audio in the place of a text, by a question's id or a text's name. `speech`: answers may be
    spoken, too, which providers charge for; `hints`: what is likely to be said.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    voice: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    locale: Annotated[str, Field(min_length=2, max_length=35)] | None = None
    questions: Annotated[dict[Slug, Prose], Field(max_length=20)] = field(default_factory=dict)
    texts: Annotated[dict[str, Any], Field(max_length=MOST_WORDS)] = field(default_factory=dict)
    recordings: Annotated[dict[str, Recording], Field(max_length=MOST_WORDS)] = field(
        default_factory=dict
    )
    speech: bool = False
    hints: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[^,]{1,100}$")], ...], Field(max_length=MOST_WORDS)
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """`texts`, by language: fields of `questionnaire.Texts`; what is absent keeps its default.

    `voice`, by language: what is said on the telephone instead. `gated_reviews`: links to public
    reviews may be told to some bands only, which the sites of reviews forbid. `choose_language`:
    whoever is called and whose language is not known chooses one of these first.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    id: Slug
    metric: Metric
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=20)]
    texts: ByLanguage = field(default_factory=dict)
    voice: Annotated[dict[Language, SurveyVoice], Field(max_length=MOST_WORDS)] = field(
        default_factory=dict
    )
    gated_reviews: bool = False
    choose_language: Annotated[tuple[Language, ...], Field(max_length=MOST_CHOSEN)] = ()
    version: Annotated[int, Field(exclude=True)] = 0  # set by the reader
