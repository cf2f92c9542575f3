"""Lists: one row per call or answer, with every key that figures can be cut by."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from analytics.domain.entries import Entry
from analytics.domain.facts import answered_at
from analytics.schemas.figures import RangeBody
from common.phone.texts import without_numbers


class TryBody(BaseModel):
    """What became of one try: the ask, or its reminder."""

    kind: str
    channel: str
    status: str
    at: datetime
    failure: str | None
    reason: str | None


class CallBody(BaseModel):
    """A call and its decision. `address` is masked; "" in a key is: none."""

    interaction_id: UUID
    day: date = Field(description="Of the call's end, in `zone`")
    zone: str = Field(description="Of the workspace, when it was decided")
    ended_at: datetime
    source: str | None
    call_id: str | None
    contact_id: UUID | None
    address: str | None
    country: str | None
    kind: str
    ending: str
    direction: str | None
    queue: str
    agent: str
    agent_name: str
    team: str
    agents: list[str]
    teams: list[str]
    number: str
    site: str
    region: str
    disposition: str
    tags: list[str]
    talk_seconds: float | None
    wait_seconds: float | None
    hold_seconds: float | None
    transfers: int
    asked: bool
    reason: str | None = Field(description="Why it was not asked")
    decided_at: datetime
    flow_id: str | None
    flow_version: int | None
    invitation_id: UUID | None
    survey: str
    metric: str
    channel: str
    tries: list[TryBody]
    score: int | None
    answered_at: datetime | None

    @classmethod
    def of(cls, entry: Entry) -> Self:
        return cls(**_call(entry))


class AnswerBody(BaseModel):
    """`metric` and `scale`: what the value was measured by when it was given.

    `option`: what was chosen; `value` is its place among those that were offered.
    """

    question_id: str
    kind: str
    metric: str | None
    scale: tuple[int, int] | None
    value: int | None
    option: str | None
    text: str | None
    answered_at: datetime


class SupersededBody(BaseModel):
    """An answer on another channel that another one replaced."""

    channel: str
    score: int | None
    answered_at: datetime


class ResponseBody(CallBody):
    """A call with the answer that counts. `state`: in_progress (partial) or finished."""

    response_id: UUID
    state: str
    language: str
    survey_version: int
    started_at: datetime
    changed_at: datetime | None = Field(
        description="When this row changed last, by our database's clock; null: before that was"
        " kept"
    )
    comment: str | None
    answers: list[AnswerBody]
    superseded: list[SupersededBody]

    @classmethod
    def of(cls, entry: Entry, *, masks: bool = False) -> Self:
        """`masks`: telephone numbers that people wrote into their words."""
        reply = entry.reply
        assert reply is not None
        told = without_numbers if masks else _as_told
        return cls(
            **_call(entry),
            response_id=reply.id,
            state=reply.state,
            language=reply.language,
            survey_version=reply.survey_version,
            started_at=reply.started_at,
            comment=told(reply.comment),
            answers=[
                AnswerBody(
                    question_id=answer.question_id,
                    kind=answer.kind,
                    metric=answer.metric,
                    scale=None if answer.value is None else (answer.low, answer.high),
                    value=answer.value,
                    option=answer.option,
                    text=told(answer.text),
                    answered_at=answer.answered_at,
                )
                for answer in reply.answers
            ],
            superseded=[
                SupersededBody(channel=one.channel, score=one.score, answered_at=answered_at(one))
                for one in entry.superseded
            ],
        )


def _as_told(text: str | None) -> str | None:
    return text


def _call(entry: Entry) -> dict[str, Any]:
    tries = [
        TryBody(
            kind=step.kind,
            channel=step.channel,
            status=step.status,
            at=step.at,
            failure=step.failure,
            reason=step.reason,
        )
        for step in sorted(entry.steps, key=lambda step: (step.at, step.id))
    ]
    return {**entry.values, "asked": entry.values["reason"] is None, "tries": tries}


class CallsBody(RangeBody):
    """`GET /v1/calls`"""

    calls: list[CallBody]
    next_cursor: str | None


class CallSearch(BaseModel):
    """Whose calls, or which one: a number or e-mail address, or the source's own name for it."""

    model_config = ConfigDict(extra="forbid")

    address: Annotated[str, Field(max_length=320)] | None = None
    call_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    days: int = Field(30, ge=1, le=366, description="How many days to look back")
    limit: int = Field(20, ge=1, le=100, description="Calls that are told, the newest first")


class FoundCalls(BaseModel):
    """`POST /v1/calls/find`; tests, which count nowhere, are among them."""

    calls: list[CallBody]


class ResponsesBody(RangeBody):
    """`GET /v1/responses`"""

    responses: list[ResponseBody]
    next_cursor: str | None
    updated_until: datetime | None = Field(
        None,
        description="With `updated_since`, on the last page alone: all that changed before this"
        " time is told. The `updated_since` of the next run",
    )
