"""Answers about the configuration."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from common.config.models import Flow, Survey, Workspace


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
    """What a change does to what is counted already."""

    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedConfiguration(AppliedFlow):
    workspace: str
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
