"""Secrets of accounts, as they are at the moment, so that a rotation needs no restart."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from common.config import Account
from common.config.destinations import refused
from common.secrets import Secrets


@dataclass(frozen=True, slots=True)
class AccountSecrets:
    """One per process. `hosts`: beside the providers' own; None: this machine alone."""

    secrets: Secrets
    hosts: Collection[str] | None = ()

    def of(self, workspace: str, account: Account) -> Mapping[str, str]:
        """Field -> secret. Raises `LookupError`, in words, when a reference leads nowhere."""
        return self.secrets.values(workspace, account.secrets)

    def for_requests(self, workspace: str, account: Account) -> Mapping[str, str]:
        """Likewise, and where the account's requests may not go: a secret goes nowhere else."""
        if why := refused(account, self.hosts):
            raise LookupError(f"base_url {why}")
        return self.of(workspace, account)
