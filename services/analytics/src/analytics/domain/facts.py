"""The fact of one interaction: its decision, what became of its steps, its answers.

Events come in any order and any number of times; each `with_…` gives the same fact in the end.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from common.events.attribution import attribution
from common.events.decisions import Decision, Reason, Verdict
from common.events.responses import Answer, Response, ResponseState
from common.events.sends import Delivery, DeliveryStatus, FailureClass, StepKind
from common.events.values import Channel


class Call(NamedTuple):
    """What the decision says about its call; "" is: none, or not known.

    `day` is that of the call's end in `zone`: the workspace's as it was when the decision came in.
    A tuple, not a dataclass: one is made of every row that is read.
    """

    revision: int
    day: date
    zone: str
    reason: str | None  # None: asked
    survey: str
    metric: str
    planned_channel: str  # the first of the plan
    queue: str
    agent: str
    team: str
    number: str
    site: str
    region: str
    disposition: str

    def keys(self) -> tuple[str, ...]:
        """What it is counted under, from queue to disposition."""
        return self[7:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of one try on one channel, at its highest revision."""

    id: UUID
    channel: Channel
    revision: int
    status: DeliveryStatus
    at: datetime
    final: bool
    failure: FailureClass | None
    reason: str | None
    sent_at: datetime | None
    delivered_at: datetime | None
    kind: StepKind = StepKind.ASK


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answers on one channel, at their highest revision."""

    id: UUID
    channel: Channel
    revision: int
    state: ResponseState
    survey: str
    survey_version: int
    language: str
    started_at: datetime
    changed_at: datetime
    scored_at: datetime | None
    score: int | None
    comment: str | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Steps and replies are in the order of their ids. Without `call` nothing is counted yet.

    `withdrew_at`: when the person opted out, if that was after this ask and before any other.
    """

    interaction: UUID
    workspace: str
    call: Call | None = None
    steps: tuple[Step, ...] = ()
    replies: tuple[Reply, ...] = ()
    test: bool = False
    withdrew_at: datetime | None = None


class _Revised(Protocol):
    @property
    def id(self) -> UUID: ...

    @property
    def revision(self) -> int: ...


R = TypeVar("R", bound=_Revised)


def _newest(known: Sequence[R], come: R) -> tuple[R, ...]:
    """`come` takes the place of an earlier revision; a copy or an older one changes nothing."""
    for index, item in enumerate(known):
        if item.id == come.id:
            newer = come.revision > item.revision
            return (*known[:index], come if newer else item, *known[index + 1 :])
    return tuple(sorted((*known, come), key=lambda item: item.id)) if known else (come,)


def with_decision(fact: Fact, decision: Decision, zone: ZoneInfo) -> Fact:
    """A decision comes again with a higher revision when its interaction was amended.

    `zone` is the workspace's as of now; the day of a call that has one stays in its own.
    """
    test = fact.test or decision.test or decision.interaction.test
    if fact.call is not None and fact.call.revision >= decision.revision:
        return fact if test == fact.test else replace(fact, test=test)
    interaction = decision.interaction
    credit = attribution(interaction)
    if fact.call is not None:
        zone = ZoneInfo(fact.call.zone)
    call = Call(
        revision=decision.revision,
        day=interaction.ended_at.astimezone(zone).date(),
        zone=zone.key,
        reason=_reason(decision),
        survey=decision.survey_id or "",
        metric=decision.metric or "",
        planned_channel=decision.channel or "",
        queue=credit.queue,
        agent=credit.agent,
        team=credit.team,
        number=interaction.our_number or "",
        site=interaction.site or "",
        region=interaction.region or "",
        disposition=interaction.disposition or "",
    )
    return replace(fact, call=call, test=test)


def _reason(decision: Decision) -> Reason | None:
    """None: asked. A verdict that this version does not know is no ask that it counts."""
    if decision.verdict is Verdict.INVITE:
        return None
    return decision.reason or Reason.UNKNOWN


def with_delivery(fact: Fact, delivery: Delivery) -> Fact:
    """The highest revision wins, per step."""
    step = Step(
        id=delivery.step_id,
        channel=delivery.channel,
        revision=delivery.revision,
        status=delivery.status,
        at=delivery.at,
        final=delivery.final,
        failure=delivery.failure,
        reason=delivery.reason,
        sent_at=delivery.sent_at,
        delivered_at=delivery.delivered_at,
        kind=delivery.kind,
    )
    return replace(fact, steps=_newest(fact.steps, step), test=fact.test or delivery.test)


def newly_sent(old: Fact, new: Fact) -> list[Step]:
    """The step that a provider took, when that is the first one of its interaction."""
    if new.test or any(step.sent_at for step in old.steps):
        return []
    return [step for step in new.steps if step.sent_at][:1]


def with_response(fact: Fact, response: Response) -> Fact:
    """The highest revision wins, per channel."""
    reply = Reply(
        id=response.id,
        channel=response.channel,
        revision=response.revision,
        state=response.state,
        survey=response.survey_id,
        survey_version=response.survey_version,
        language=response.language,
        started_at=response.started_at,
        changed_at=response.changed_at,
        scored_at=response.scored_at,
        score=response.score,
        comment=response.comment,
        answers=response.answers,
    )
    return replace(fact, replies=_newest(fact.replies, reply), test=fact.test or response.test)


def with_withdrawal(fact: Fact, at: datetime) -> Fact:
    """The first one counts."""
    if fact.withdrew_at is not None and fact.withdrew_at <= at:
        return fact
    return replace(fact, withdrew_at=at)


def counted(fact: Fact) -> Reply | None:
    """The reply that counts: scored last, else changed last; the others are superseded."""
    if len(fact.replies) < 2:
        return fact.replies[0] if fact.replies else None
    return max(
        fact.replies,
        key=lambda reply: (reply.score is not None, answered_at(reply), reply.id),
    )


def answered_at(reply: Reply) -> datetime:
    """When the score was given; of a reply without one, when it last changed."""
    return reply.scored_at or reply.changed_at
