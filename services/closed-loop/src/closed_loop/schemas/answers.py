"""Answers about endpoints and deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from closed_loop.schemas.alerts import AlertData

State = Literal["waiting", "delivered", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointBody:
    """`disabled_because`: we switched it off. `failing_since`: nothing was taken since."""

    id: UUID
    name: str
    format: str
    url: Annotated[str, Field(description="Of a Slack webhook, which is a secret, a part")]
    events: Sequence[str]
    flows: Sequence[str]
    surveys: Sequence[str]
    numbers: str
    enabled: bool
    disabled_because: str | None
    failing_since: datetime | None
    both_secrets_until: datetime | None
    made_at: datetime
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class EndpointsBody:
    endpoints: Sequence[EndpointBody]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointMade:
    """The only answer that holds the secret, but for that of its rotation."""

    endpoint: EndpointBody
    secret: Annotated[str, Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])]


@dataclass(frozen=True, slots=True)
class SecretRotated:
    """The secret before signs beside it until `both_until`."""

    secret: str
    both_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryBody:
    """`id`: `webhook-id` is `msg_` and this, without hyphens. `next_at`: while it waits."""

    id: UUID
    type: str
    at: datetime
    state: State
    tries: int
    status: int | None
    problem: str | None
    made_at: datetime
    next_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveriesPage:
    """Newest first. `next_cursor` is the `cursor` of the following page."""

    deliveries: Sequence[DeliveryBody]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptBody:
    """`answer`: the first 1,000 characters of what was answered."""

    at: datetime
    status: int | None
    problem: str | None
    answer: str
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerData:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseData:
    """A call with one response, as of its `revision`: the fields of `GET /v1/responses`.

    `address` is masked unless the endpoint may have numbers in full; "" in a key is: none.
    """

    response_id: UUID
    revision: int
    interaction_id: UUID
    day: date | None
    zone: str
    ended_at: datetime | None
    source: str | None
    call_id: str | None
    contact_id: UUID | None
    address: str | None
    country: str | None
    kind: str | None
    ending: str | None
    direction: str | None
    queue: str
    agent: str
    agent_name: str
    team: str
    agents: Sequence[str]
    teams: Sequence[str]
    number: str
    site: str
    region: str
    disposition: str
    tags: Sequence[str]
    talk_seconds: float | None
    wait_seconds: float | None
    hold_seconds: float | None
    transfers: int | None
    asked: bool
    reason: str | None
    decided_at: datetime | None
    flow_id: str | None
    flow_version: int | None
    invitation_id: UUID | None
    survey: str
    survey_version: int
    metric: str
    channel: str
    state: str
    language: str
    started_at: datetime
    score: int | None
    answered_at: datetime
    comment: str | None
    answers: Sequence[AnswerData]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestData:
    """Of a webhook that somebody asked for."""

    text: str
    endpoint_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookBody:
    """What the endpoint gets."""

    type: str
    timestamp: datetime
    data: ResponseData | AlertData | TestData


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDetail:
    """With its body as it is sent, and all attempts, the newest first."""

    delivery: DeliveryBody
    body: WebhookBody
    attempts: Sequence[AttemptBody]


@dataclass(frozen=True, slots=True)
class Replayed:
    """`queued`: so many will be sent. `more_from`: ask again from there; None: that was all."""

    queued: int
    more_from: datetime | None
