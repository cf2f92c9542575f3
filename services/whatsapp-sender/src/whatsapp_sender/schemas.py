"""Bodies of the API beside the channel kit's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateState:
    """In the provider's words: approved, pending, rejected, paused, disabled, ..."""

    account: str
    name: str
    language: str
    status: str
    category: str
    reason: str
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TemplatesBody:
    templates: Sequence[TemplateState]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberState:
    """In the provider's words; "": it did not say. `messaging_limit`: people whom the business

    may write to in 24 hours outside their window. `verification`, `review`: of the business and
    its account.
    """

    account: str
    number: str
    status: str
    quality: str
    messaging_limit: str
    verified_name: str
    name_status: str
    verification: str
    review: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class NumbersBody:
    numbers: Sequence[NumberState]
