"""Bodies about drafts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field

from common.events.values import Word
from orchestrator.schemas.configuration import WarningBody


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemBody:
    field: str  # dotted path in the document
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDraft:
    """`fields`: what it changes; `moved`: what others have changed since it began."""

    kind: str
    id: str
    fields: tuple[str, ...]
    moved: tuple[str, ...]
    written_at: datetime
    written_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftsBody:
    drafts: tuple[ListedDraft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftBody(ListedDraft):
    """`base`: the document when the draft began, `stored`: as it is now; null: there is none.

    `errors`: all that is wrong with it, were it published now and by itself.
    """

    body: Mapping[str, Any]
    base: Mapping[str, Any] | None
    stored: Mapping[str, Any] | None
    errors: tuple[ProblemBody, ...]
    warnings: tuple[WarningBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftName:
    """Of a draft."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    kind: Word
    id: Word


DraftNames = Annotated[tuple[DraftName, ...], Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Which drafts: those alone, whatever else there is."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    drafts: DraftNames
