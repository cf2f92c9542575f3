"""Where a dialogue stands, what comes in and what goes out."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from common.events.enumeration import OpenEnum
from common.events.questionnaire import Question
from common.events.responses import Answer


class Stage(OpenEnum):
    ASKING = "asking"
    FINISHED = "finished"  # nothing is left to ask
    GAVE_UP = "gave_up"  # no readable answer to `question`; one that comes after all still counts
    CLOSED = "closed"  # by us: a newer survey, a cancellation
    UNKNOWN = "unknown"  # a newer version's: nothing is said, and what comes is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """Kept as JSON by the channel. `question` is the index of the one asked last.

    Whatever comes from `expires_at` on is late. `revision` counts the changes of `answers`.
    """

    opened_at: datetime
    expires_at: datetime
    stage: Stage = Stage.ASKING
    question: int = 0
    invalid: int = 0  # unreadable replies to this question
    answers: tuple[Answer, ...] = ()
    revision: int = 0
    started_at: datetime | None = None  # of the first answer
    changed_at: datetime | None = None
    scored_at: datetime | None = None  # when the score got the value it has
    told_closed: bool = False
    language: str | None = None  # that was chosen
    passed: tuple[str, ...] = ()  # questions that were left out, by id


@dataclass(frozen=True, slots=True)
class Open:
    """The first ask or a reminder: says the question that is open."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the person said; keywords have been taken out before."""

    text: str


@dataclass(frozen=True, slots=True)
class Tap:
    """A button or row of one of our messages, of a question that may be answered already."""

    question_id: str
    value: int


@dataclass(frozen=True, slots=True)
class Silence:
    """They were listened to, on the telephone, and said nothing."""


Input = Open | Reply | Silence | Tap


class Said(StrEnum):
    """What an output is, for channels that show or count it in their own way."""

    LANGUAGE = "language"
    OPENING = "opening"
    QUESTION = "question"
    INVALID = "invalid"
    SILENT = "silent"
    GAVE_UP = "gave_up"
    THANKS = "thanks"
    CORRECTED = "corrected"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """`text` is not rendered yet; `variables` are the dialogue's own. See `speech.spoken`.

    `question` is the one that now waits for an answer, for channels with keys or buttons.
    """

    kind: Said
    text: str
    question: Question | None = None
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """The next state and what to say: one output at most, as each costs a message.

    `changed`: the answers did, so the response is to be published with its higher revision.
    `unmatched`: the reply became no answer; keep it and show it as such.
    """

    state: Dialogue
    outputs: tuple[Output, ...] = ()
    changed: bool = False
    unmatched: bool = False
