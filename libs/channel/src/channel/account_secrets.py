"""Secrets of accounts, as they are at the moment, so that a rotation needs no restart."""

from collections.abc import Mapping
from dataclasses import dataclass

from common.config import Account
from common.secrets import Secrets


@dataclass(frozen=True, slots=True)
class AccountSecrets:
    """One per process."""

    secrets: Secrets

    def of(self, workspace: str, account: Account) -> Mapping[str, str]:
        """Field -> secret. Raises `LookupError`, in words, when a reference leads nowhere."""
        return self.secrets.values(workspace, account.secrets)
