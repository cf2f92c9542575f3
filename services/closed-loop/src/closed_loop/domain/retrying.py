"""When a webhook that was not taken is sent again, and when an endpoint is given up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# After the first try; three days and a half in all.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(hours=10),
    timedelta(hours=20),
    timedelta(hours=24),
    timedelta(hours=24),
)
JITTER = 0.2  # of a pause, so that what failed together does not come together
LONGEST_ASKED = timedelta(hours=24)  # what `Retry-After` may ask for
FAILING_FOR = timedelta(days=5)  # an endpoint that took nothing for so long is switched off
GONE = 410  # it says itself that it is to be switched off


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One request and its answer. `status` None: none came; `problem` says why, in words."""

    at: datetime
    status: int | None
    problem: str | None = None
    answer: str = ""
    milliseconds: int = 0
    retry_after: timedelta | None = None  # asked for by the answer

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def again_after(tried: Tried, tries: int, *, draw: float) -> timedelta | None:
    """Until the next try after so many; None: there is none. `draw`: of 0 to 1."""
    if tries > len(PAUSES):
        return None
    pause = PAUSES[tries - 1] * (1 + JITTER * (2 * draw - 1))
    if tried.retry_after is not None:
        pause = max(pause, min(tried.retry_after, LONGEST_ASKED))
    return pause


def why_disabled(tried: Tried, failing_since: datetime) -> str | None:
    """In words, when nothing more is sent to this endpoint."""
    if tried.status == GONE:
        return "it answered 410 Gone"
    if tried.at - failing_since >= FAILING_FOR:
        last = f"HTTP {tried.status}" if tried.status else tried.problem
        return f"it has taken nothing since {failing_since:%Y-%m-%d %H:%M} UTC; last: {last}"
    return None
