"""A survey as one person sees it: one language, one set of texts. Senders ask from it alone."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import field

from common.events.enumeration import OpenEnum
from common.events.fact import Fact
from common.events.values import Channel, Metric

NOTHING: Mapping[str, str | None] = MappingProxyType({})


class QuestionKind(OpenEnum):
    RATING = "rating"  # a whole number from `low` to `high`
    COMMENT = "comment"  # free text
    CHOICE = "choice"  # one of `options`
    UNKNOWN = "unknown"


class Band(OpenEnum):
    """Where a score lies; the closing text and what happens next depend on it."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"
    UNKNOWN = "unknown"


class Option(Fact, frozen=True, kw_only=True):
    """What may be chosen; it is counted by its id, whatever its words and its place."""

    id: str
    text: str


class Question(Fact, frozen=True, kw_only=True):
    """`text` may hold {variables}; they are filled when the message is rendered.

    `only` names the bands of the score for which this question is asked; empty means all.
    `chosen`: it is asked of whoever chose one of these options, by the id of an earlier question.
    `metric`: how a rating is counted, where that is not by the survey's metric. A choice is
    answered by the place of an option, so `low` is 1 and `high` is how many there are.
    """

    id: str
    kind: QuestionKind
    text: str
    low: int = 0
    high: int = 0
    only: tuple[Band, ...] = ()
    metric: Metric | None = None
    options: tuple[Option, ...] = ()
    chosen: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether this version can ask it."""
        if self.kind is QuestionKind.CHOICE:
            return bool(self.options) and (self.low, self.high) == (1, len(self.options))
        return self.kind is not QuestionKind.UNKNOWN

    @property
    def is_counted(self) -> bool:
        """Whether a whole number from `low` to `high` answers it."""
        return self.is_known and self.kind is not QuestionKind.COMMENT

    def applies(self, band: Band | None, chose: Mapping[str, str | None] = NOTHING) -> bool:
        """Whether it is asked of somebody whose score lies there; None: there is no score yet.

        `chose`: the options chosen so far, by question.
        """
        if any(chose.get(question) not in options for question, options in self.chosen.items()):
            return False
        return not self.only or (band in self.only and band is not Band.UNKNOWN)


class Texts(Fact, frozen=True, kw_only=True):
    """What is said around the questions, with {variables}.

    `thanks` closes the dialogue by band of the score; a band without its own text gets `thank_you`.
    `thanks_on`: other words to close with on a written channel, by band. `{opt_out_link}` may stand
    in `opt_out`, `reminder` and what closes.
    """

    invalid: str = "Sorry, we did not understand. Please reply with a number from {low} to {high}."
    gave_up: str = "Sorry, we could not read your answer. Thank you for your time."
    thanks: dict[Band, str] = field(default_factory=dict)
    thanks_on: dict[Channel, dict[Band, str]] = field(default_factory=dict)
    thank_you: str = "Thank you for your time."
    corrected: str = "Thank you, we changed your rating to {score}."
    rechosen: str = "Thank you, we changed your answer to {answer}."
    closed: str = "This survey is closed. Thank you for your time."
    stopped: str = "You will get no more surveys from {brand}. Reply START to allow them again."
    started: str = "You may get surveys from {brand} again. Reply STOP to end them."
    help: str = "{brand} asks how your call went. Reply STOP to get no more surveys."
    opt_out: str = "Reply STOP to opt out."  # appended to the first message
    reminder: str = ""  # what a reminder says; empty: the first message once more


class VoiceTexts(Fact, frozen=True, kw_only=True):
    """What is said around the questions on the telephone, in the place of `Texts`.

    `{key}` in `opt_out`: the key that no scale of the survey has; `star` says what it is called.
    """

    announce: str = "This is {brand}, with a short survey about your call."
    press: str = "Please press a key from {low} to {high}."
    press_two: str = "Please enter a number from {low} to {high}, then press the hash key."
    opt_out: str = "To get no more calls like this, press {key}."
    language: str = "For English, press {key}."  # where people choose the language first
    star: str = "the star key"
    option: str = "For {option}, press {key}."  # of a choice, once for each
    # In the place of `press` and `press_two` where they may speak, and after words are asked for.
    say: str = "Please say a number from {low} to {high}, or press its key."
    say_two: str = "Please say a number from {low} to {high}, or enter it and press the hash key."
    comment: str = "Please speak after this message, or press any key to go on."
    invalid: str = "Sorry, that is no answer."  # and the question again
    silent: str = "Sorry, we did not hear a key."
    gave_up: str = "We could not read your answer. Thank you for your time. Goodbye."
    thanks: dict[Band, str] = field(default_factory=dict)
    thank_you: str = "Thank you for your time. Goodbye."
    stopped: str = "You will get no more calls from {brand}. Goodbye."
    closed: str = "This survey is closed. Thank you for your time. Goodbye."
    goodbye: str = "Sorry, we cannot go on now. Goodbye."
    # To whoever is put through to a person, and when nobody takes it.
    transfer: str = "We are sorry. Please stay on the line: we put you through to a colleague."
    transfer_failed: str = "Sorry, nobody can take your call right now. Goodbye."


class Voice(Fact, frozen=True, kw_only=True):
    """How a survey sounds: `voice` and `locale` of the synthesis, in the provider's names.

    `questions` by id: other words than the written ones. `recordings`: URLs of audio in the place
    of a text, by a question's id or a text's name. `speech`: answers may be spoken, too; `hints`:
    what is likely to be said, beside numbers and options.
    """

    voice: str | None = None
    locale: str | None = None
    questions: dict[str, str] = field(default_factory=dict)
    recordings: dict[str, str] = field(default_factory=dict)
    speech: bool = False
    hints: tuple[str, ...] = ()
    texts: VoiceTexts = field(default_factory=VoiceTexts)


class Questionnaire(Fact, frozen=True, kw_only=True):
    """The first question is the score's; `metric` says how it is counted.

    `others`: the same in further languages, where people choose one first, on the telephone.
    """

    survey_id: str
    survey_version: int
    metric: Metric
    language: str
    brand: str
    questions: tuple[Question, ...]
    texts: Texts = field(default_factory=Texts)
    max_invalid: int = 2  # asked again this often, then the dialogue ends
    others: tuple["Questionnaire", ...] = ()
    voice: Voice | None = None  # None: the written words, with the standard ones around them


def band_of(metric: Metric, score: int, *, high: int) -> Band:
    """Low, middle or high. NPS 0-6 / 7-8 / 9-10; else below / at / above the middle of 1..high.

    `high` is the top of the scale: 5 or 7 for CES, 5 for CSAT and mood. Unknown for a metric that
    this version does not know.
    """
    if metric is Metric.UNKNOWN:
        return Band.UNKNOWN
    if metric is Metric.NPS:
        return Band.HIGH if score >= 9 else Band.MIDDLE if score >= 7 else Band.LOW
    middle = (1 + high) / 2
    return Band.HIGH if score > middle else Band.LOW if score < middle else Band.MIDDLE
