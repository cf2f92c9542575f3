"""When an ask is due, where a flow does not ask at any time."""

from datetime import datetime

from msgspec import structs

from common.hours import next_open
from orchestrator.domain.attribution import country
from orchestrator.domain.case import Case


def opened(case: Case, due_at: datetime) -> Case:
    """Asked when it is open, where it is not at any time; who tests is asked at once."""
    opening = case.flow.openings.get(case.channel)
    if opening is None or case.is_trial or not case.interaction.address:
        return structs.replace(case, due_at=due_at, closed=None, never_open=False)
    opens = next_open(case.interaction.address, opening, due_at)
    window = opening.window(country(case.interaction))
    if opens is None:
        return structs.replace(case, due_at=due_at, closed=f"never open, {window}", never_open=True)
    closed = f"closed until {opens:%Y-%m-%dT%H:%M:%SZ}, {window}" if opens > due_at else None
    return structs.replace(case, due_at=opens, closed=closed, never_open=False)
