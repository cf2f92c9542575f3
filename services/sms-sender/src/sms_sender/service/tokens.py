"""Secrets of accounts, read again every few seconds so that a rotation needs no restart."""

import time
from dataclasses import dataclass, field

from common import secrets
from common.config import Account

AGE = 10.0  # seconds


@dataclass(slots=True)
class Tokens:
    """Raises `LookupError` when a reference leads nowhere."""

    _known: dict[str, tuple[float, str]] = field(default_factory=dict)

    def of(self, account: Account) -> str:
        now = time.monotonic()
        known = self._known.get(account.auth_token)
        if known is not None and now - known[0] < AGE:
            return known[1]
        token = secrets.resolve(account.auth_token)
        self._known[account.auth_token] = (now, token)
        return token
