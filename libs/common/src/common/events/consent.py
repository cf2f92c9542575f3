"""Who may be asked, and who is to be forgotten. The orchestrator owns the ledger of both."""

from datetime import datetime
from uuid import UUID

from common.events.enumeration import OpenEnum
from common.events.fact import Fact


class ConsentState(OpenEnum):
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    DOUBTED = "doubted"  # may have said no: as a withdrawal, until somebody looks and decides
    CLEARED = "cleared"  # somebody did: doubts up to then were none, and what was said before holds
    UNKNOWN = "unknown"


class ConsentChanged(Fact, frozen=True, kw_only=True):
    """Newest by `occurred_at` wins; withdrawal wins ties. `channel` may be `all`."""

    id: UUID
    contact_id: UUID
    channel: str
    state: ConsentState
    occurred_at: datetime
    source: str  # reply | carrier | api | import | link
    evidence: str = ""  # what was said or done; never a number


class ContactErased(Fact, frozen=True, kw_only=True):
    """Delete what you hold about this contact; older events about them change nothing."""

    contact_id: UUID
    erased_at: datetime


class ErasureDone(Fact, frozen=True, kw_only=True):
    """A service holds nothing any more about a contact from before an erasure."""

    erasure_id: UUID  # common.ids.erasure_id
    contact_id: UUID
    service: str
    done_at: datetime
