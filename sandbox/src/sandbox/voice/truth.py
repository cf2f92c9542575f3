"""What people were asked aloud and which keys they gave, from the ledger alone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.ledger import CallIn, CallRequest, Entry, Heard, Pressed, Webhook
from sandbox.reading import rating_in, scale_in
from sandbox.truth import Asked

_OPTS_OUT = re.compile(r"no more calls like this, press (the star key|\d)")
_TOLD = "key"  # the event by which a provider tells keys


@dataclass(slots=True, kw_only=True)
class Keys:
    """What a person pressed, or said, at one prompt; `stops`: so they opt out.

    `acknowledged_at`: when we said that we have it; None: we never did.
    """

    sid: str  # of the call
    person: str
    at: datetime
    keys: str
    stops: bool
    acknowledged_at: datetime | None = None


@dataclass(slots=True)
class _Call:
    """What whoever is on the line knows so far; `ours` is the number at our side."""

    person: str
    ours: str
    account: str
    stop: str = ""
    ask: Asked | None = None
    newest: Keys | None = None


@dataclass(slots=True)
class Calls:
    """`asks`: calls in which a question was heard, with the first rating that they answered."""

    asks: list[Asked] = field(default_factory=list)
    keys: list[Keys] = field(default_factory=list)
    _known: dict[str, _Call] = field(default_factory=dict)

    def follow(self, entry: Entry) -> None:
        if isinstance(entry, CallRequest) and entry.sid:
            self._known[entry.sid] = _Call(entry.to, entry.sender, entry.account)
        elif isinstance(entry, CallIn):
            self._known[entry.sid] = _Call(entry.person, entry.to, entry.account)
        call = self._known.get(getattr(entry, "sid", None) or "")
        if call is None:
            return
        match entry:
            case Heard(keys=waits) if waits:
                self._hear(call, entry)
            case Pressed():
                self._press(call, entry)
            case Webhook(event=event) if event == _TOLD and entry.acknowledged:
                _acknowledge(call, entry.at)

    def _hear(self, call: _Call, heard: Heard) -> None:
        call.stop = stop_key(heard.text) or call.stop
        scale = scale_in(heard.text)
        if call.ask is None and scale is not None:
            call.ask = Asked(call.person, call.ours, call.account, heard.sid, heard.at, scale)
            self.asks.append(call.ask)

    def _press(self, call: _Call, pressed: Pressed) -> None:
        stops = bool(call.stop) and pressed.keys == call.stop
        call.newest = Keys(
            sid=pressed.sid, person=pressed.person, at=pressed.at, keys=pressed.keys, stops=stops
        )
        self.keys.append(call.newest)


def _acknowledge(call: _Call, at: datetime) -> None:
    """A copy is acknowledged, too, and tells nothing new."""
    keys, ask = call.newest, call.ask
    if keys is None or keys.acknowledged_at is not None:
        return
    keys.acknowledged_at = at
    if ask is None or ask.ratings:  # what is asked after the rating is another question
        return
    ask.stopped |= keys.stops
    given = None if keys.stops else rating_in(keys.keys, ask.scale)
    if given is not None:
        ask.ratings.append(given)
        ask.rated_by = keys.sid


def calls_in(entries: Iterable[Entry]) -> Calls:
    found = Calls()
    for entry in entries:
        found.follow(entry)
    return found


def stop_key(text: str) -> str:
    """The key that ends all calls, by these words; empty: they name none."""
    found = _OPTS_OUT.search(text)
    return "" if found is None else "*" if found[1] == "the star key" else found[1]
