"""Bodies of requests; unknown fields are refused."""

from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from types import GenericAlias
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from common.config.models import KINDS
from common.events.values import Text, Time, Word
from orchestrator.domain.configuring.changes import SECTIONS

STRICT = ConfigDict(extra="forbid")
ConsentChannel = Literal["all", "sms", "ivr", "whatsapp", "email", "web"]
Scope = Literal["events:write", "read", "consent:write", "config:write", "privacy", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentBody:
    """Who is meant by `address` (E.164 or e-mail) or by `contact_id`; `occurred_at` is now."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    channel: ConsentChannel
    state: Literal["granted", "withdrawn", "doubted"]
    address: Word | None = None
    contact_id: UUID | None = None
    occurred_at: Time | None = None
    evidence: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtDecision:
    """`evidence`: why, for whoever reads the ledger."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    opted_out: Annotated[bool, Field(strict=True)]
    evidence: Text = ""


SecretValue = Annotated[str, Field(min_length=1, max_length=8_192, pattern=r"^[^\x00]+$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretBody:
    """Nobody is told it again."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True
    )
    value: SecretValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactSearch:
    """`address`: E.164 or e-mail."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    address: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkBody:
    """`addresses`: E.164 or e-mail, of one person. `customer_id`: what sources call them."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    addresses: Annotated[tuple[Word, ...], Field(min_length=1, max_length=20)]
    customer_id: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowSwitch:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    enabled: Annotated[bool, Field(strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """`version`: of the text that was read."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    version: Word


Patch = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """`version`: as the change log has it."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    version: Annotated[int, Field(ge=1, lt=2**31, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyBody:
    """`workspace` absent: the caller's own; an operator's key makes one for every workspace."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Word
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=6)]
    workspace: Word | None = None
    expires_at: Time | None = None


Configuration = make_dataclass(
    "Configuration",
    [(section, GenericAlias(tuple, (KINDS[kind], ...)), ()) for section, kind in SECTIONS.items()],
    namespace={"__pydantic_config__": STRICT, "__doc__": "Everything of one workspace."},
)
