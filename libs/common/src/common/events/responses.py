"""The answers of one dialogue. Written by senders and survey-web."""

from datetime import datetime
from uuid import UUID

from common.events.enumeration import OpenEnum
from common.events.fact import Fact
from common.events.questionnaire import QuestionKind
from common.events.values import Channel, Metric


class ResponseState(OpenEnum):
    """`finished` by definition of the survey; a score alone counts in every score table."""

    IN_PROGRESS = "in_progress"
    FINISHED = "finished"
    UNKNOWN = "unknown"


class Answer(Fact, frozen=True, kw_only=True):
    """One question's answer; a correction replaces the value and keeps the history.

    What a value is measured by is said here, as its survey version had it: `metric`, and the scale
    from `low` to `high`. Whoever counts needs no configuration, and figures do not change with it.
    Of a choice, `option` is what was chosen among `options`, by ids and as they were offered;
    `value` is its place there, from 1.
    """

    question_id: str
    kind: QuestionKind = QuestionKind.RATING
    metric: Metric | None = None  # of a rating
    low: int = 0
    high: int = 0
    first: bool = False  # the answer to the first question: its value is the response's score
    value: int | None = None
    text: str | None = None
    option: str | None = None
    options: tuple[str, ...] = ()
    answered_at: datetime
    corrects: tuple[int, ...] = ()  # earlier values, oldest first


class Response(Fact, frozen=True, kw_only=True):
    """The whole response; the highest revision is the truth."""

    id: UUID
    invitation_id: UUID
    interaction_id: UUID
    contact_id: UUID
    channel: Channel
    survey_id: str
    survey_version: int
    metric: Metric
    revision: int
    state: ResponseState
    answers: tuple[Answer, ...]
    started_at: datetime
    changed_at: datetime
    scored_at: datetime | None = None
    score: int | None = None
    comment: str | None = None
    language: str = "en"
    test: bool = False
