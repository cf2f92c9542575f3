"""Answers about alerts, their rules and the mails about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """With its 95 % interval."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LowRating:
    """Of one response. Numbers are left out of the comment."""

    kind: Literal["low_rating"]
    at: datetime
    response_id: UUID
    interaction_id: UUID
    metric: str
    score: int
    comment: str | None
    queue: str
    team: str
    agent: str
    agent_name: str
    survey: str
    flow_id: str | None
    channel: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Falling:
    """Of one week. `after`: of the last four weeks, `n`; `before`: of the half year before.

    `teams`: that it is of; empty: of all, or told by an older version.
    """

    kind: Literal["falling_score", "falling_response_rate"]
    at: datetime
    week: date
    metric: str | None
    n: int
    before_n: int
    before: Figure
    after: Figure
    link: str
    teams: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedRating(LowRating):
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedFall(Falling):
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertData:
    """What one notice tells; `more`: so many alerts beside those that are listed."""

    rule_id: UUID
    rule: str
    kind: str
    subject: str
    text: str
    alerts: Sequence[RaisedRating | RaisedFall]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBody:
    """`told_at` null: it waits for a digest, or a cool-down."""

    id: UUID
    rule_id: UUID
    rule: str
    made_at: datetime
    told_at: datetime | None
    alert: LowRating | Falling


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """Newest first."""

    alerts: Sequence[AlertBody]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBody:
    """`looked_week`: the last one that a falling rule looked at; `problem`: why it could not."""

    id: UUID
    name: str
    kind: str
    enabled: bool
    flows: Sequence[str]
    surveys: Sequence[str]
    teams: Sequence[str]
    queues: Sequence[str]
    metric: str | None
    emails: Sequence[str]
    webhooks: Sequence[UUID]
    digest: str
    cool_down: int
    made_at: datetime
    changed_at: datetime
    changed_by: str
    told_at: datetime | None
    looked_week: date | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class RulesBody:
    """`mails`: the operator has set a mail server."""

    rules: Sequence[RuleBody]
    mails: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBody:
    id: UUID
    rule_id: UUID
    recipient: str
    subject: str
    state: Literal["waiting", "sent", "failed"]
    tries: int
    problem: str | None
    made_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class MailsPage:
    """Newest first."""

    mails: Sequence[MailBody]
    next_cursor: str | None
