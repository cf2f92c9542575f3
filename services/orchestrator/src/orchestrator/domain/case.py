"""One interaction before one flow, and what a guard says of it."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from common.events.calls import Outline
from common.events.decisions import Finding, Reason
from common.events.values import Channel
from orchestrator.domain.compiled import CompiledWorkspace
from orchestrator.domain.compiled_flow import CompiledFlow
from orchestrator.domain.contact import Contact
from orchestrator.domain.tally import NOTHING, Tally


class Case(msgspec.Struct, frozen=True, gc=False):
    """One interaction before one flow."""

    interaction: Outline
    flow: CompiledFlow
    workspace: CompiledWorkspace
    contact: Contact
    asked_today: int
    due_at: datetime
    tester: bool  # the contact is a test number of the workspace
    channel: Channel
    asked_alike: int = 0  # this hour, of numbers that begin alike
    tally: Tally = NOTHING  # beyond the contact
    listed: str | None = None  # the do-not-contact list that they are on, in words
    closed: str | None = None  # why `due_at` is later than it would be, in words
    never_open: bool = False

    @property
    def is_trial(self) -> bool:
        """No draw and no cap refuses it, and it takes no slot; ceilings and consent hold."""
        return self.tester or self.interaction.test


Guard = Callable[[Case], Finding | None]


def refusal(reason: Reason, fact: str) -> Finding:
    return Finding(guard=reason, fact=fact, refused=True)
