"""Takes providers' callbacks in: whose they are, whether they are genuine, what they mean."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from channel import metrics
from channel.inbox import Callback, CallbackKind
from channel.outcomes import Inbound, Report
from channel.receiver import Receiver
from common import ids
from common.answers import Keyword, read_keyword
from common.config import Account, Config, ConfigReader, WorkspaceConfig
from common.errors import Problem, Retry
from common.events.values import Channel
from common.time import Clock
from sms_sender.providers import Pairs, Request, SmsProvider
from sms_sender.providers.registry import PROVIDERS
from sms_sender.service.tokens import Tokens

FOREVER = float("inf")


class SmsUnderstanding:
    """What stored fields mean, by their provider."""

    def report(self, callback: Callback) -> Report | None:
        return PROVIDERS[callback.provider].report(callback.fields)

    def inbound(self, callback: Callback) -> Inbound | None:
        return PROVIDERS[callback.provider].inbound(callback.fields)


@dataclass(frozen=True, slots=True)
class Owner:
    """The account that a callback is about."""

    workspace: WorkspaceConfig
    account: Account
    provider: SmsProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Nothing is stored before the signature is checked over the raw request."""

    config: ConfigReader
    receiver: Receiver
    tokens: Tokens
    pepper: bytes
    clock: Clock

    async def on_status(self, account_id: str, send_id: UUID, request: Request) -> None:
        """Raises `Problem` 403 and 404, `Retry` when it cannot be stored."""
        owner, fields = await self._owner(account_id, request, kind=CallbackKind.STATUS)
        await self._store(owner, fields, kind=CallbackKind.STATUS, send_id=send_id)

    async def on_message(self, account_id: str, request: Request) -> None:
        """Raises `Problem` 403 and 404, `Retry` when it cannot be stored."""
        owner, fields = await self._owner(account_id, request, kind=CallbackKind.MESSAGE)
        stop = self._is_stop(owner, fields)
        await self._store(owner, fields, kind=CallbackKind.MESSAGE, stop=stop)

    async def _store(
        self,
        owner: Owner,
        fields: dict[str, str],
        *,
        kind: CallbackKind,
        send_id: UUID | None = None,
        stop: bool = False,
    ) -> None:
        workspace = owner.workspace.workspace.id
        key = owner.provider.event_key(fields)
        address = owner.provider.address(fields)
        if key is None or not address:
            return  # genuine, and about nothing that we could have asked
        await self.receiver.receive(
            Callback(
                provider=owner.account.provider,
                event_key=f"{workspace}/{owner.account.id}/{key}",
                kind=kind,
                workspace=workspace,
                account=owner.account.id,
                contact_id=ids.contact_id(self.pepper, workspace, address),
                fields=fields,
                received_at=self.clock(),
                send_id=send_id,
                stop=stop,
            )
        )

    async def _owner(
        self, account_id: str, request: Request, *, kind: CallbackKind
    ) -> tuple[Owner, dict[str, str]]:
        """Ids of accounts are unique within a workspace only; the signature and number decide."""
        # However old, for the database may be away; a worker of this process keeps it fresh.
        config = await self.config.current(max_age=FOREVER)
        owners = list(_owners(config, account_id))
        if not owners:
            config = await self.config.current()
            owners = list(_owners(config, account_id))
        if not owners and config.has_unreadable("account", account_id):
            raise Retry(f"the account {account_id} cannot be read")
        if not owners:
            raise Problem(404, "Not found")
        genuine = [
            (owner, _fields(pairs))
            for owner in owners
            if (pairs := owner.provider.parse(request)) is not None
            and self._is_genuine(owner, request, pairs)
        ]
        if not genuine:
            metrics.CALLBACKS.labels(self.receiver.schema.name, kind.value, "refused").inc()
            raise Problem(403, "Not signed by this account")
        return max(genuine, key=_has_number)

    def _is_genuine(self, owner: Owner, request: Request, pairs: Pairs) -> bool:
        try:
            token = self.tokens.of(owner.account)
        except LookupError:
            return False
        return owner.provider.is_genuine(request, pairs, owner.account, token)

    def _is_stop(self, owner: Owner, fields: Mapping[str, str]) -> bool:
        """In any language that this workspace asks in, for we do not know the person's here."""
        inbound = owner.provider.inbound(fields)
        if inbound is None:
            return False
        return inbound.keyword == Keyword.STOP or any(
            read_keyword(inbound.text, language, question_open=True) is Keyword.STOP
            for language in _languages(owner.workspace)
        )


def _fields(pairs: Pairs) -> dict[str, str]:
    """As they can be stored: PostgreSQL takes no NUL."""
    return {name.replace("\x00", ""): value.replace("\x00", "\ufffd") for name, value in pairs}


def _owners(config: Config, account_id: str) -> Iterator[Owner]:
    for workspace in config.workspaces.values():
        account = workspace.accounts.get(account_id)
        if account is not None and account.channel is Channel.SMS:
            yield Owner(workspace, account, PROVIDERS[account.provider])


def _has_number(found: tuple[Owner, dict[str, str]]) -> bool:
    owner, fields = found
    numbers = {sender.number for sender in owner.account.senders}
    return bool(numbers & {fields.get("To"), fields.get("From")})


def _languages(workspace: WorkspaceConfig) -> frozenset[str]:
    asked = (language for s in workspace.surveys.values() for language in s.questions[0].text)
    return frozenset([workspace.workspace.language, *asked])
