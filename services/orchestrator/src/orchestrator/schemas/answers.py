"""Answers about calls, contacts and keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from common.database.holdings import Held
from common.events.consent import ConsentState
from common.events.decisions import Decision, Finding
from common.events.sends import StepKind
from common.events.values import Metric
from orchestrator.domain.channel_plan import InvitationStatus
from orchestrator.schemas.requests import ConsentChannel, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class AskBody:
    invitation_id: UUID
    at: datetime  # when it was due
    flow_id: str
    metric: Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedBody:
    id: UUID
    address: str | None  # masked


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonBody:
    """Addresses that count as one person."""

    contacts: tuple[LinkedBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactBody:
    """`consent`: what was said last, by channel; a channel that is absent was never spoken of."""

    id: UUID
    workspace: str
    address: str | None  # masked
    consent: Mapping[ConsentChannel, ConsentState]
    asks: tuple[AskBody, ...]  # that count for caps
    erased_at: datetime | None  # until then nothing is known of them any more
    linked: tuple[LinkedBody, ...]  # other addresses of the same person


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportBody(Held):
    """`elsewhere`: the paths at which the other services tell what they hold."""

    elsewhere: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceErased:
    """`done_at` null: it has not said so yet."""

    name: str
    done_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureBody:
    """`erased_at`: what was known until then is deleted, and what is told of then is dropped."""

    id: UUID
    contact_id: UUID
    erased_at: datetime
    asked_by: str
    done_at: datetime | None  # null: some service has not said so yet
    services: tuple[ServiceErased, ...]
    linked: Mapping[UUID, UUID] = field(default_factory=dict)  # other contacts, and their erasures


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
class DoubtBody:
    """`evidence`: what was said. `address` is masked; null: known by its id only."""

    id: UUID
    workspace: str
    contact_id: UUID
    address: str | None
    channel: ConsentChannel
    occurred_at: datetime
    source: str  # reply | api | import
    evidence: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtsBody:
    """`next_cursor` is the `cursor` of the following page."""

    doubts: tuple[DoubtBody, ...]
    next_cursor: str | None


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


class FindingBody(Finding, frozen=True, kw_only=True):
    """`words`: what it means that this guard refuses. `data`: the fact's parts, of each rule used;

    empty where there is nothing to tell but the words.
    """

    words: str
    data: tuple[dict[str, Any], ...]


class DecisionBody(Decision, frozen=True, kw_only=True):
    """Every field is there; addresses are masked. `words`: the verdict in a sentence.

    `copies`: how often it was told again, and of these `differing` as something else.
    """

    findings: tuple[FindingBody, ...] = ()
    words: str
    copies: int
    differing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBody:
    """One try on one channel, or one that may follow (`planned`).

    `with_sender`: nothing was heard of it so far; the sender's delivery log tells more.
    """

    id: UUID
    number: int  # its place in the plan, from 0
    kind: StepKind | None  # null: it is not known before its turn comes
    channel: str
    state: Literal[
        "planned",
        "waiting",
        "with_sender",
        "sent",
        "delivered",
        "unknown",
        "failed",
        "cancelled",
        "passed_over",
    ]
    reason: str | None  # why it failed, was cancelled or passed over
    due_at: datetime | None
    send_by: datetime | None  # could it not be sent by then, it is dropped
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteBody:
    """What was written after an answer by voice; the sender's delivery log has it by this id."""

    id: UUID
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationBody:
    """Its state and its tries. `stopped`: why no further step of its plan is tried."""

    id: UUID
    interaction_id: UUID
    contact_id: UUID
    workspace: str
    flow_id: str
    flow_version: int
    survey_id: str
    survey_version: int
    metric: Metric
    status: InvitationStatus
    reason: str | None  # why it was cancelled or failed
    stopped: str | None
    planned_at: datetime
    answers_until: datetime
    steps: tuple[StepBody, ...]
    note: NoteBody | None
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
    last_used_at: datetime | None  # to the minute


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysBody:
    keys: tuple[KeyShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretWritten:
    """`version` counts the times it was written."""

    name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretShown:
    """`master_key`: the number of the one that it is sealed by."""

    name: str
    version: int
    master_key: int
    written_at: datetime
    written_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsBody:
    secrets: tuple[SecretShown, ...]
