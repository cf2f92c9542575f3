"""Which accounts are asked for their templates, and when; pure."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

AccountKey = tuple[str, str]  # workspace, account


@dataclass(slots=True, kw_only=True)
class Polling:
    """Each account by itself, so that what one changes or is told costs no other anything.

    `every`: unasked; `pause`: how soon again at the earliest, whatever happens.
    """

    every: timedelta
    pause: timedelta = timedelta(seconds=10)
    _needs: dict[AccountKey, Hashable] = field(default_factory=dict)
    _due: dict[AccountKey, datetime] = field(default_factory=dict)
    _last: dict[AccountKey, datetime] = field(default_factory=dict)

    def need(self, needs: Mapping[AccountKey, Hashable], now: datetime) -> None:
        """All accounts there are, with what they need: those of which that changed are due."""
        for key in self._due.keys() - needs.keys():
            del self._due[key]
            self._last.pop(key, None)
        for key, what in needs.items():
            if key not in self._due or self._needs[key] != what:
                self._due[key] = self._soonest(key, now)
        self._needs = dict(needs)

    def wake(self, key: AccountKey, now: datetime) -> None:
        """Something of it changed at the provider; nothing for an account that we do not have."""
        if key in self._due:
            self._due[key] = min(self._due[key], self._soonest(key, now))

    def due(self, now: datetime) -> list[AccountKey]:
        return [key for key, at in self._due.items() if at <= now]

    def asked(self, key: AccountKey, now: datetime) -> None:
        """Now; what wakes it from here on counts for the next time."""
        if key in self._due:
            self._last[key], self._due[key] = now, now + self.every

    def _soonest(self, key: AccountKey, now: datetime) -> datetime:
        last = self._last.get(key)
        return now if last is None else max(now, last + self.pause)
