"""Answers about the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from common.config.accounts import Account
from common.config.models import Flow, Number, Source, Workspace
from common.config.surveys import Survey
from common.errors import FieldError

DocumentBody = Workspace | Source | Number | Account | Survey | Flow
# Sections of documents, as `Configuration` has them and a newer version may write them.
Exported = Mapping[str, tuple[Mapping[str, Any], ...]]


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
class WarningBody:
    """What a change does to what is counted already, or what has to come before it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedConfiguration(AppliedFlow):
    workspace: str
    dry_run: bool
    warnings: tuple[WarningBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedDocument(AppliedFlow):
    dry_run: bool
    warnings: tuple[WarningBody, ...]


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
    """`next_cursor` is the `cursor` of the following page."""

    changes: tuple[LoggedChange, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceBody(Workspace):
    version: int
    readable: Literal[True]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyBody(Survey):
    version: int
    readable: Literal[True]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowBody(Flow):
    version: int
    readable: Literal[True]
    enabled_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Whether this version can read a document; when not, it is out of use, and `errors` say why.

    `passed_over`: dotted paths of what it does not know and leaves out.
    """

    kind: str
    id: str
    version: int
    readable: bool
    errors: tuple[FieldError, ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewerBody(Reading):
    """A document of which this version does not understand everything, as it was written."""

    document: Mapping[str, Any]
    enabled_since: datetime | None  # of a flow


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspacesBody:
    workspaces: tuple[WorkspaceBody | NewerBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveysBody:
    surveys: tuple[SurveyBody | NewerBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowsBody:
    flows: tuple[FlowBody | NewerBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Who acknowledged which text, and when."""

    version: str
    text: str
    acknowledged_at: datetime
    acknowledged_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalNotice:
    """The text that is in force, and the acknowledgements of it and of those before it.

    `required`: keys switch no flow on without it, either; people never do.
    """

    version: str  # another text has another one
    text: str  # paragraphs with an empty line between them
    required: bool
    acknowledged: bool  # the text that is in force
    acknowledgements: tuple[Acknowledgement, ...]  # newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsBody:
    documents: tuple[Reading, ...]
