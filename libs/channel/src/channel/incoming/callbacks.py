"""Takes providers' requests in: whose they are, whether they are genuine, what they tell."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channel import metrics
from channel.account_secrets import AccountSecrets
from channel.incoming.entries import Callback
from channel.incoming.receiver import Receiver
from channel.providers import (
    CallbackKind,
    CallbackRequest,
    CallbackResponse,
    Provider,
    ProviderEvent,
    Providers,
)
from common import ids
from common.answers import Keyword, Wish, read_opt_out
from common.config import Account, Config, ConfigReader, WorkspaceConfig
from common.errors import Problem, Retry
from common.events.values import Channel
from common.phone import normalised
from common.time import Clock

FOREVER = float("inf")
MOST_EVENTS = 1_000  # of one request
LONGEST = 500  # characters of an event's or a message's name


@dataclass(frozen=True, slots=True)
class Owner:
    """The account that an event is about."""

    workspace: WorkspaceConfig
    account: Account
    provider: Provider[Any]


@dataclass(frozen=True, slots=True)
class Signer:
    """An owner whose signature a request has, and by which secrets."""

    owner: Owner
    secrets: Mapping[str, str]


def _nothing() -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """Nothing is read, let alone stored, before the signature is checked over the raw request."""

    channel: Channel
    config: ConfigReader
    receiver: Receiver
    providers: Providers
    secrets: AccountSecrets
    pepper: bytes
    clock: Clock
    on_account: Callable[[], None] = _nothing  # something of an account of ours has changed

    async def take(self, account_id: str, request: CallbackRequest) -> CallbackResponse:
        """Raises `Problem` 403, 404 and 413, `Retry` when it cannot be stored or answered."""
        config, owners = await self._owners(account_id)
        signers = list(self._signers(owners, request))
        if not signers:
            self._count(request, "refused")
            raise Problem(403, "Not signed by this account")
        provider = signers[0].owner.provider
        events = provider.read(request)
        if events is None:
            raise Problem(404, "Not found")
        _check(events)
        callbacks = list(self._callbacks(config, signers, request, events))
        if any(event.kind is CallbackKind.ACCOUNT for event in events):
            self.on_account()
        waiting = next((one for one in callbacks if one.awaits_content), None)
        content = None
        if waiting is not None:
            content = await self.receiver.receive_and_answer(callbacks, waiting)
        elif callbacks:
            await self.receiver.receive(callbacks)
        return provider.respond(request, content)

    async def _owners(self, account_id: str) -> tuple[Config, list[Owner]]:
        """Ids of accounts are unique within a workspace only; the signature decides."""
        # However old, for the database may be away; a worker of this process keeps it fresh.
        for age in (FOREVER, 0.0):
            config = await self.config.current(max_age=age)
            owners = [one for one in self._all(config) if one.account.id == account_id]
            if owners:
                return config, owners
        if config.has_unreadable("account", account_id):
            raise Retry(f"the account {account_id} cannot be read")
        raise Problem(404, "Not found")

    def _all(self, config: Config) -> Iterator[Owner]:
        for workspace in config.workspaces.values():
            for account in workspace.accounts.values():
                provider = self.providers.get(account.provider)
                if account.channel is self.channel and provider is not None:
                    yield Owner(workspace, account, provider)

    def _signers(self, owners: Sequence[Owner], request: CallbackRequest) -> Iterator[Signer]:
        provider: Provider[Any] | None = None
        for owner in owners:
            try:
                secrets = self.secrets.of(owner.workspace.workspace.id, owner.account)
            except LookupError:
                continue
            if provider not in (None, owner.provider):
                continue
            if owner.provider.verify(request, owner.account, secrets):
                provider = owner.provider
                yield Signer(owner, secrets)

    def _callbacks(
        self,
        config: Config,
        signers: Sequence[Signer],
        request: CallbackRequest,
        events: Sequence[ProviderEvent],
    ) -> Iterator[Callback]:
        now = self.clock()
        covered = self._covered(config, signers, request, events)
        for event in events:
            if event.kind is CallbackKind.ACCOUNT:
                continue
            owner = _owner_of(event, signers, covered)
            if owner is None:
                name = self.receiver.schema.name
                metrics.CALLBACKS.labels(name, event.kind.value, "unknown_account").inc()
                continue
            workspace = owner.workspace.workspace.id
            yield Callback(
                provider=owner.account.provider,
                event_key=_stored(event.key),
                kind=event.kind,
                workspace=workspace,
                account=owner.account.id,
                contact_id=ids.contact_id(
                    self.pepper, workspace, normalised(event.address) or event.address
                ),
                message_id=_stored(event.message_id),
                fields=_stored(dict(event.fields)),
                received_at=now,
                send_id=event.send_id,
                awaits_content=event.awaits_content,
                stop=event.kind is CallbackKind.MESSAGE and _is_stop(owner, event.fields),
            )

    def _covered(
        self,
        config: Config,
        signers: Sequence[Signer],
        request: CallbackRequest,
        events: Sequence[ProviderEvent],
    ) -> dict[str, list[Owner]]:
        """The accounts that events name, by the provider's names, if they signed the request.

        Accounts of one app share its secrets: what they signed together is verified once.
        """
        named = {event.account for event in events if event.account is not None}
        found: dict[str, list[Owner]] = {}
        for owner in self._all(config) if named else ():
            if owner.account.name_there in named and self._has_signed(owner, signers, request):
                found.setdefault(owner.account.name_there, []).append(owner)
        return found

    def _has_signed(
        self, owner: Owner, signers: Sequence[Signer], request: CallbackRequest
    ) -> bool:
        if owner.provider is not signers[0].owner.provider:
            return False
        try:
            secrets = self.secrets.of(owner.workspace.workspace.id, owner.account)
        except LookupError:
            return False
        if any(secrets == signer.secrets for signer in signers):
            return True
        return owner.provider.verify(request, owner.account, secrets)

    def _count(self, request: CallbackRequest, fate: str) -> None:
        kind = "status" if request.what == "status" else "message"
        metrics.CALLBACKS.labels(self.receiver.schema.name, kind, fate).inc()


def _check(events: Sequence[ProviderEvent]) -> None:
    """Even who signs may send only what can be stored. Raises `Problem` 413."""
    if len(events) > MOST_EVENTS:
        raise Problem(413, "Too many events", f"At most {MOST_EVENTS} are read.")
    if any(len(event.key) > LONGEST or len(event.message_id) > LONGEST for event in events):
        raise Problem(413, "A name is too long", f"At most {LONGEST} characters are read.")


def _owner_of(
    event: ProviderEvent, signers: Sequence[Signer], covered: Mapping[str, Sequence[Owner]]
) -> Owner | None:
    """None: an account that we do not have, or whose secret did not sign this."""
    if event.account is None:
        owners: Sequence[Owner] = [signer.owner for signer in signers]
    else:
        owners = covered.get(event.account, [])

    def has_number(owner: Owner) -> bool:
        return any(sender.number == event.our_number for sender in owner.account.senders)

    return max(owners, key=has_number, default=None)


def _is_stop(owner: Owner, fields: Mapping[str, Any]) -> bool:
    """In any language that this workspace asks in, for we do not know the person's here."""
    inbound = owner.provider.inbound(fields)
    if inbound is None:
        return False
    if inbound.keyword == Keyword.STOP:
        return True
    return read_opt_out(inbound.text, _languages(owner.workspace)).wish is Wish.SURE


def _languages(workspace: WorkspaceConfig) -> list[str]:
    asked = (language for s in workspace.surveys.values() for language in s.questions[0].text)
    return sorted({workspace.workspace.language, *asked})


def _stored(value: Any) -> Any:
    """As it can be stored: PostgreSQL takes no NUL."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, dict):
        return {_stored(name): _stored(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_stored(inner) for inner in value]
    return value
