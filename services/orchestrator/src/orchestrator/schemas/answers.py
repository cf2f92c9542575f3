"""Answers about calls, contacts and keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from common.events.consent import ConsentState
from common.events.decisions import Decision
from common.events.values import Metric
from orchestrator.domain.invitation import Status
from orchestrator.schemas.requests import ConsentChannel, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class AskBody:
    invitation_id: UUID
    at: datetime  # when it was due
    flow_id: str
    metric: Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactBody:
    """`consent`: what was said last, by channel; a channel that is absent was never spoken of."""

    id: UUID
    workspace: str
    address: str | None  # masked
    consent: Mapping[ConsentChannel, ConsentState]
    asks: tuple[AskBody, ...]  # that count for caps


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    channel: ConsentChannel
    state: ConsentState
    occurred_at: datetime
    source: str  # reply | carrier | api | import | link
    evidence: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBody:
    contact_id: UUID
    entries: tuple[LedgerEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecorded:
    id: UUID
    contact_id: UUID
    channel: ConsentChannel
    state: ConsentState
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """`row` counts from 0."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBody:
    stored: int
    errors: tuple[RowError, ...]


class DecisionBody(Decision, frozen=True, kw_only=True):
    """Every field is there; addresses are masked. `copies`: how often it was told again."""

    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBody:
    """One try. `with_sender`: the sender's delivery log tells the rest."""

    id: UUID
    number: int  # counts from 0
    kind: str
    channel: str
    due_at: datetime | None
    state: Literal["waiting", "cancelled", "with_sender"]
    reason: str | None = None  # why it was cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationBody:
    """Its plan, its state and its tries."""

    id: UUID
    interaction_id: UUID
    contact_id: UUID
    workspace: str
    flow_id: str
    flow_version: int
    survey_id: str
    survey_version: int
    metric: Metric
    channel: str
    status: Status
    reason: str | None  # why it was cancelled or failed
    planned_at: datetime
    due_at: datetime | None  # null: nothing is left to be sent
    send_by: datetime  # an ask that could not be sent by then is dropped
    answers_until: datetime
    steps: tuple[StepBody, ...]
    test: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMade:
    """The only answer that holds the key itself."""

    id: str
    key: str
    name: str
    scopes: tuple[Scope, ...]
    workspace: str | None  # null: every workspace
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShown:
    id: str
    workspace: str | None
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysBody:
    keys: tuple[KeyShown, ...]
