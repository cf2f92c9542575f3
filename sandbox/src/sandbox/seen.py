"""What people saw and said, in one form for texts, chats and calls, whoever carried them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sandbox.ledger import (
    CallEnded,
    CallIn,
    CallRequest,
    CallStatus,
    CreateRequest,
    Entry,
    Reply,
    StatusChange,
    Webhook,
    only,
)
from sandbox.messages import bare, is_whatsapp
from sandbox.truth import Asked, recompute
from sandbox.voice.truth import Calls, calls_in
from sandbox.wording import OptOut, keyword

SMS, WHATSAPP, IVR = "sms", "whatsapp", "ivr"
_REACHED_NOBODY = frozenset({"failed", "undelivered", "busy", "no-answer", "canceled"})
_MACHINES = frozenset({"machine_start", "fax"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something that a provider was asked to bring to somebody, or that they rang for.

    `reference`: our name of it; empty: they rang. `sid`: the provider's, None when it took nothing.
    `reached` False: the provider told that nobody saw or heard it.
    """

    channel: str
    person: str
    at: datetime
    reference: str
    sid: str | None
    accepted: bool
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person wrote, tapped or pressed. `sid`: the message, or the call it was pressed in.

    `stops`: they want no more. `acknowledged_at`: None when the platform never said it has it.
    """

    channel: str
    person: str
    at: datetime
    sid: str
    stops: bool
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one provider's ledger, or of several together. `told`: calls that switches told of."""

    requests: Sequence[Request]
    said: Sequence[Said]
    told: frozenset[str]
    _written: Sequence[Entry]
    _calls: Calls

    def asks(self, *, again: Collection[str] = ()) -> list[tuple[str, Asked]]:
        """By channel, what people were asked and gave; see `recompute` for `again`."""
        channels = {one.sid: one.channel for one in self.requests}
        written = recompute(self._written, again=again).asks
        return [(channels[ask.sid], ask) for ask in (*written, *self._calls.asks)]

    def __add__(self, other: Self) -> "Seen":
        calls = Calls([*self._calls.asks, *other._calls.asks], [])
        return Seen(
            [*self.requests, *other.requests],
            [*self.said, *other.said],
            self.told | other.told,
            [*self._written, *other._written],
            calls,
        )


def seen(entries: Iterable[Entry], *, written: str = SMS) -> Seen:
    """`written`: the channel of messages whose addresses do not tell."""
    known = list(entries)
    failed = _failed(known)
    heard = {
        w.sid: w.at for w in reversed(only(known, Webhook)) if w.acknowledged and _brings_words(w)
    }
    calls = calls_in(known)
    requests = [
        Request(
            channel=IVR if isinstance(one, CallRequest) else _channel(one.to, written),
            person=bare(one.to),
            at=one.at,
            reference=one.reference,
            sid=one.sid,
            accepted=one.accepted,
            reached=one.sid not in failed,
        )
        for one in known
        if isinstance(one, CreateRequest | CallRequest)
    ]
    rang = {one.sid for one in only(known, CallIn)}
    requests += [
        Request(
            channel=IVR,
            person=ask.person,
            at=ask.at,
            reference="",
            sid=ask.sid,
            accepted=True,
            reached=True,
        )
        for ask in calls.asks
        if ask.sid in rang
    ]
    said = [
        Said(
            channel=_channel(one.person, written),
            person=bare(one.person),
            at=one.at,
            sid=one.sid,
            stops=keyword(one.body) is OptOut.STOP,
            acknowledged_at=heard.get(one.sid),
        )
        for one in only(known, Reply)
    ]
    pressed = [
        Said(
            channel=IVR,
            person=one.person,
            at=one.at,
            sid=one.sid,
            stops=one.stops,
            acknowledged_at=one.acknowledged_at,
        )
        for one in calls.keys
    ]
    told = frozenset(call.call_id for call in only(known, CallEnded))
    return Seen(requests, [*said, *pressed], told, known, calls)


def _channel(address: str, otherwise: str) -> str:
    return WHATSAPP if is_whatsapp(address) else otherwise


def _brings_words(webhook: Webhook) -> bool:
    return webhook.event == "received"


def _failed(entries: Sequence[Entry]) -> set[str]:
    """What reached no person, by the provider's own word."""
    changes = [(one.sid, one.status) for one in only(entries, StatusChange)]
    calls = only(entries, CallStatus)
    changes += [(one.sid, one.status) for one in calls]
    machines = {one.sid for one in calls if one.answered_by in _MACHINES}
    return machines | {sid for sid, status in changes if status in _REACHED_NOBODY}
