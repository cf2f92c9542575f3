"""Whether one call was enough: who called did not call again within seven days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from common.scores import Estimate, wilson

# Of a day, until its calls are reckoned: seven days for callers, the rest for calls that are told
# late and for days of other zones.
RECKONED_AFTER = timedelta(days=10)


class FirstContact(StrEnum):
    """What became of a call. Nobody's: it was no call in, or it was not connected."""

    NOBODYS = ""
    UNKNOWN = "unknown"  # who called is not known, or was forgotten before it was reckoned
    PENDING = "pending"  # its seven days are not over, or not reckoned yet
    AGAIN = "again"
    RESOLVED = "resolved"

    @classmethod
    def _missing_(cls, value: object) -> "FirstContact":
        """A word of a newer version."""
        return cls.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Calls. The share is of those of which it is known."""

    resolved: int = 0
    again: int = 0
    pending: int = 0
    unknown: int = 0

    @classmethod
    def of(cls, counts: Mapping[FirstContact, int]) -> "Resolution":
        return cls(**{str(one): times for one, times in counts.items() if one})

    @property
    def n(self) -> int:
        return self.resolved + self.again

    @property
    def share(self) -> Estimate:
        """Percent that were enough, with Wilson's interval."""
        return wilson(self.resolved, self.n)
