"""A decision without the person it was about: what was decided, when and why, stays."""

from datetime import datetime

from msgspec import structs

from common.events.calls import ERASED, Outline
from common.events.decisions import Decision, Finding, Reason
from orchestrator.domain.contact import Contact

__all__ = ["ERASED", "concerns", "is_erased", "without_person"]


def is_erased(interaction: Outline, contact: Contact | None) -> bool:
    """It is from before the contact was erased: what is told of it now changes nothing."""
    if contact is None or contact.erased_at is None:
        return False
    return interaction.ended_at <= contact.erased_at


def concerns(decision: Decision, erased_at: datetime) -> bool:
    """Some switches' clocks are ahead, so the decision's own time counts, too."""
    return min(decision.interaction.ended_at, decision.decided_at) <= erased_at


def without_person(decision: Decision) -> Decision:
    """Attribution stays, and so do the figures; nothing in it leads to the person any more."""
    findings = tuple(map(_without_number, decision.findings))
    return structs.replace(
        decision, interaction=decision.interaction.without_person(), findings=findings
    )


def _without_number(finding: Finding) -> Finding:
    """How the number begins is part of one finding."""
    if finding.guard is not Reason.PREFIX_CEILING:
        return finding
    return structs.replace(finding, fact=ERASED)
