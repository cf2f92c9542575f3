"""Asking and its outcome: steps go from the orchestrator to a sender, deliveries come back."""

from datetime import datetime
from uuid import UUID

from msgspec import field

from common.events.enumeration import OpenEnum
from common.events.fact import Fact
from common.events.questionnaire import Band, Questionnaire
from common.events.values import Channel


class StepKind(OpenEnum):
    """`ask` is the first that goes out. A `reminder` continues the conversation of an earlier step

    on its channel, a `fallback` begins one on another channel, or anew after a failure.
    """

    ASK = "ask"
    REMINDER = "reminder"
    FALLBACK = "fallback"
    UNKNOWN = "unknown"


class Step(Fact, frozen=True, kw_only=True):
    """One try on one channel, with all that its sender needs."""

    id: UUID
    invitation_id: UUID
    interaction_id: UUID
    contact_id: UUID
    kind: StepKind
    number: int  # its place in the channel plan, from 0
    channel: Channel
    address: str
    flow_id: str
    flow_version: int
    questionnaire: Questionnaire
    expires_at: datetime  # not sent by then: dropped
    answers_until: datetime | None = None  # later answers are late; None: as `expires_at`
    continues: int | None = None  # a reminder: number of the step that asked on this channel
    country: str | None = None
    our_number: str | None = None  # the number the caller had called: never the sender
    variables: dict[str, str] = field(default_factory=dict)
    test: bool = False


class StepCancelled(Fact, frozen=True, kw_only=True):
    """Do not send this step if it has not been claimed yet."""

    step_id: UUID
    invitation_id: UUID
    contact_id: UUID
    channel: Channel
    reason: str  # flow_disabled | answered | opted_out | newer_call | not_taken | erased | expired
    cancelled_at: datetime


class Note(Fact, frozen=True, kw_only=True):
    """Words to read after an answer on the telephone: the closing of the answer's band, once."""

    id: UUID
    invitation_id: UUID
    interaction_id: UUID
    contact_id: UUID
    channel: Channel
    address: str
    flow_id: str
    questionnaire: Questionnaire
    band: Band
    expires_at: datetime  # not sent by then: dropped
    country: str | None = None
    our_number: str | None = None  # the number the caller had called: never the sender
    variables: dict[str, str] = field(default_factory=dict)
    test: bool = False


class DeliveryStatus(OpenEnum, said=True):
    """In rank order of what we know; `RANK` says which may follow which."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class FailureClass(OpenEnum, said=True):
    """Why something was not delivered; the same for every provider."""

    INVALID_NUMBER = "invalid_number"
    NO_CHANNEL = "no_channel"
    OPTED_OUT = "opted_out"
    BLOCKED = "blocked"
    TRANSIENT = "transient"
    THROTTLED = "throttled"
    CONFIG = "config"
    EXPIRED = "expired"
    NOT_TAKEN = "not_taken"  # no sender said a word about it in time
    UNKNOWN = "unknown"


class Delivery(Fact, frozen=True, kw_only=True):
    """What became of a step. A later revision replaces an earlier one."""

    step_id: UUID
    invitation_id: UUID
    interaction_id: UUID
    contact_id: UUID
    channel: Channel
    revision: int
    status: DeliveryStatus
    at: datetime
    final: bool  # nothing but an answer will change it
    failure: FailureClass | None = None
    reason: str | None = None  # cancelled: why; failed: the provider's code and our word for it
    provider: str | None = None
    provider_message_id: str | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    test: bool = False
    kind: StepKind = StepKind.ASK  # of the step
    number: int = 0  # of the step within its invitation
