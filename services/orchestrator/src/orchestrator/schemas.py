"""Bodies: those of requests, which refuse unknown fields, and what answers look like."""

from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from datetime import datetime
from types import GenericAlias
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from common.config.models import KINDS, Flow, Survey, Workspace
from common.events.consent import ConsentState
from common.events.decisions import Decision
from common.events.values import Metric, Text, Time, Word
from orchestrator.domain.configuring.changes import SECTIONS
from orchestrator.domain.invitation import Status

STRICT = ConfigDict(extra="forbid")
ConsentChannel = Literal["all", "sms", "ivr", "whatsapp", "email", "web"]
Scope = Literal["events:write", "read", "consent:write", "config:write", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentBody:
    """Who is meant by `address` (E.164 or e-mail) or by `contact_id`; `occurred_at` is now."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    channel: ConsentChannel
    state: ConsentState
    address: Word | None = None
    contact_id: UUID | None = None
    occurred_at: Time | None = None
    evidence: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSwitch:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    enabled: Annotated[bool, Field(strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBody:
    """`workspace` absent: the caller's own; an operator's key makes one for every workspace."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Word
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=5)]
    workspace: Word | None = None
    expires_at: Time | None = None


Configuration = make_dataclass(
    "Configuration",
    [(section, GenericAlias(tuple, (KINDS[kind], ...)), ()) for section, kind in SECTIONS.items()],
    namespace={"__pydantic_config__": STRICT, "__doc__": "Everything of one workspace."},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBody:
    """One document."""

    change: Literal["added", "changed", "removed"]
    kind: str
    id: str
    fields: tuple[str, ...]  # dotted paths of what differs


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedFlow:
    version: int | None  # of the configuration afterwards; null: nothing was stored
    changes: tuple[ChangeBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedConfiguration(AppliedFlow):
    workspace: str
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChange:
    """`before` and `after`: the document; null where it was added or removed."""

    id: int
    kind: str
    document: str  # its id
    version: int  # of the configuration
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesPage:
    """`next` is the `before` of the following page."""

    changes: tuple[LoggedChange, ...]
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceBody(Workspace):
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyBody(Survey):
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowBody(Flow):
    version: int
    enabled_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspacesBody:
    workspaces: tuple[WorkspaceBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveysBody:
    surveys: tuple[SurveyBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowsBody:
    flows: tuple[FlowBody, ...]


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
