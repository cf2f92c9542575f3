"""By whom a request is signed."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from channel.account_secrets import AccountSecrets
from channel.providers import CallbackRequest, Provider
from common.config import Account, WorkspaceConfig


@dataclass(frozen=True, slots=True)
class Owner:
    """An account of ours that an event may be about."""

    workspace: WorkspaceConfig
    account: Account
    provider: Provider[Any]


@dataclass(slots=True)
class Signing:
    """Of one request. Accounts that sign alike, as those of one app, are checked once.

    So a stranger's request costs as many checks as there are secrets, and not workspaces.
    """

    request: CallbackRequest
    secrets: AccountSecrets
    _provider: Provider[Any] | None = None  # whose words the request is in
    _checked: dict[Hashable, bool] = field(default_factory=dict)

    def signers(self, owners: Sequence[Owner]) -> list[Owner]:
        return [owner for owner in owners if self.is_by(owner)]

    def is_by(self, owner: Owner) -> bool:
        if self._provider not in (None, owner.provider):
            return False
        try:
            secrets = self.secrets.of(owner.workspace.workspace.id, owner.account)
        except LookupError:
            return False
        key = owner.account.provider, owner.provider.signed_by(owner.account, secrets)
        if key not in self._checked:
            self._checked[key] = owner.provider.verify(self.request, owner.account, secrets)
        if self._checked[key]:
            self._provider = owner.provider
        return self._checked[key]
