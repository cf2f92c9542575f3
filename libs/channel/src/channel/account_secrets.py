"""Secrets of accounts, read again every few seconds so that a rotation needs no restart."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from common import secrets
from common.config import Account

AGE = 10.0  # seconds


@dataclass(slots=True)
class AccountSecrets:
    """One per process."""

    _known: dict[str, tuple[float, str]] = field(default_factory=dict)

    def of(self, account: Account) -> Mapping[str, str]:
        """Field -> secret. Raises `LookupError` when a reference leads nowhere."""
        return {name: self._resolved(reference) for name, reference in account.secrets.items()}

    def _resolved(self, reference: str) -> str:
        now = time.monotonic()
        known = self._known.get(reference)
        if known is not None and now - known[0] < AGE:
            return known[1]
        secret = secrets.resolve(reference)
        self._known[reference] = (now, secret)
        return secret
