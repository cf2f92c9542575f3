"""Takes providers' requests in: whose they are, whether they are genuine, what they tell."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import msgspec

from channel import metrics
from channel.account_secrets import AccountSecrets
from channel.incoming.entries import Callback
from channel.incoming.receiver import Receiver
from channel.incoming.ringing import steps_about
from channel.incoming.signing import Owner, Signing
from channel.providers import (
    CallbackKind,
    CallbackRequest,
    CallbackResponse,
    ProviderEvent,
    Providers,
)
from common import ids
from common.answers import Keyword, Wish, read_opt_out
from common.config import Config, ConfigReader, WorkspaceConfig
from common.errors import Problem, Retry
from common.events.values import Channel
from common.phone import normalised
from common.telemetry import logging
from common.time import Clock

log = logging.get(__name__)
FOREVER = float("inf")
MOST_EVENTS = 10_000  # of one request
ASIDE = 64 * 1024  # bytes of a body above which its signatures are checked in a thread
AT_ONCE = 200  # events that are made ready before others have their turn
LARGEST = 256 * 1024  # bytes of an event
LONGEST = 500  # characters of an event's or a message's name
T = TypeVar("T")
P = ParamSpec("P")


def _nothing(workspace: str, account: str) -> None: ...


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
    on_account: Callable[[str, str], None] = _nothing  # of this workspace, this account changed

    async def take(self, account_id: str, request: CallbackRequest) -> CallbackResponse:
        """Raises `Problem` 403, 404 and 413, `Retry` when it cannot be stored or answered."""
        config, owners = await self._owners(account_id)
        signing = Signing(request, self.secrets)
        signers = await _aside(request, signing.signers, owners)
        if not signers:
            self._count(request, "refused")
            raise Problem(403, "Not signed by this account")
        provider = signers[0].provider
        events = provider.read(request)
        if events is None:
            raise Problem(404, "Not Found")
        _check(events)
        covered = await _aside(request, self._covered, config, signing, events)
        callbacks = await self._callbacks(signers, covered, events)
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
        raise Problem(404, "Not Found")

    def _all(self, config: Config) -> Iterator[Owner]:
        for workspace in config.workspaces.values():
            for account in workspace.accounts.values():
                provider = self.providers.get(account.provider)
                if account.channel is self.channel and provider is not None:
                    yield Owner(workspace, account, provider)

    async def _callbacks(
        self,
        signers: Sequence[Owner],
        covered: Mapping[str, Sequence[Owner]],
        events: Sequence[ProviderEvent],
    ) -> list[Callback]:
        """Those to be stored; what is told of an account is passed on at once.

        Raises `Problem` 413 for a single one that is too large.
        """
        now, found, too_large = self.clock(), list[Callback](), 0
        for place, event in enumerate(events):
            if place % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
            owners = _owners_of(event, signers, covered)
            owner = _owner_of(event, owners)
            if owner is None:
                name = self.receiver.schema.name
                metrics.CALLBACKS.labels(name, event.kind.value, "unknown_account").inc()
            elif event.kind is CallbackKind.ACCOUNT:
                for one in owners:
                    self.on_account(one.workspace.workspace.id, one.account.id)
            elif (callback := self._callback(owner, event, now)) is not None:
                if event.about is not None:
                    source, call_id = event.about
                    steps = steps_about(owner.workspace, source=source, call_id=call_id)
                    callback = await self.receiver.about(callback, steps)
                found.append(callback)
            else:
                too_large += 1
        if too_large and len(events) == 1:
            raise Problem(413, "An event is too large", f"At most {LARGEST} bytes are read.")
        if too_large:  # no reason to refuse what others say in the same request
            log.error("callbacks_too_large", account=signers[0].account.id, count=too_large)
        return found

    def _callback(self, owner: Owner, event: ProviderEvent, now: datetime) -> Callback | None:
        """None: larger than whoever signs may send."""
        workspace = owner.workspace.workspace.id
        fields = _stored(dict(event.fields))
        if max(len(event.key), len(event.message_id)) > LONGEST:
            return None
        if len(msgspec.json.encode(fields)) > LARGEST:
            return None
        return Callback(
            provider=owner.account.provider,
            event_key=_stored(event.key),
            kind=event.kind,
            workspace=workspace,
            account=owner.account.id,
            contact_id=event.contact_id
            or ids.contact_id(self.pepper, workspace, normalised(event.address) or event.address),
            message_id=_stored(event.message_id),
            fields=fields,
            received_at=now,
            send_id=event.send_id,
            awaits_content=event.awaits_content,
            stop=event.kind is CallbackKind.MESSAGE and _is_stop(owner, event.fields),
        )

    def _covered(
        self, config: Config, signing: Signing, events: Sequence[ProviderEvent]
    ) -> dict[str, list[Owner]]:
        """The accounts that events name, by the provider's names, if they signed the request."""
        named = {event.account for event in events if event.account is not None}
        found: dict[str, list[Owner]] = {}
        for owner in self._all(config) if named else ():
            if owner.account.name_there in named and signing.is_by(owner):
                found.setdefault(owner.account.name_there, []).append(owner)
        return found

    def _count(self, request: CallbackRequest, fate: str) -> None:
        kind = "status" if request.what == "status" else "message"
        metrics.CALLBACKS.labels(self.receiver.schema.name, kind, fate).inc()


async def _aside(
    request: CallbackRequest, check: Callable[P, T], *given: P.args, **named: P.kwargs
) -> T:
    """While a large body is hashed, this process does other things."""
    if len(request.body) <= ASIDE:
        return check(*given, **named)
    return await asyncio.to_thread(check, *given, **named)


def _check(events: Sequence[ProviderEvent]) -> None:
    """Even who signs may send only what can be stored. Raises `Problem` 413."""
    if len(events) > MOST_EVENTS:
        raise Problem(413, "Too many events", f"At most {MOST_EVENTS} are read.")


def _owners_of(
    event: ProviderEvent, signers: Sequence[Owner], covered: Mapping[str, Sequence[Owner]]
) -> Sequence[Owner]:
    """None: an account that we do not have, or whose secret did not sign this."""
    return signers if event.account is None else covered.get(event.account, ())


def _owner_of(event: ProviderEvent, owners: Sequence[Owner]) -> Owner | None:
    def has_number(owner: Owner) -> bool:
        return any(event.our_number in (one.number, one.shown) for one in owner.account.senders)

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
    """As it can be stored: PostgreSQL takes no NUL, and UTF-8 has no half of a pair."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_stored(name): _stored(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_stored(inner) for inner in value]
    return value
