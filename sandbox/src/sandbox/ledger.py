"""What the outside world saw: every request, webhook, text and call, kept apart from our tables."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO, TypeVar, get_args


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """A request to send a text. `status` is None when the caller of the API got no answer.

    `reference`: what whoever asked for it calls it, as far as the API lets them say.
    """

    at: datetime
    account: str
    to: str
    sender: str  # From, or the number that the Messaging Service chose; empty when refused before
    body: str
    accepted: bool
    status: int | None  # HTTP
    status_callback: str = ""
    reference: str = ""
    validity: int | None = None  # seconds
    sid: str | None = None
    code: int | None = None  # the carrier's error code
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """What happened to an accepted text, whether or not anybody was told."""

    at: datetime
    sid: str
    status: str  # queued | sent | delivered | undelivered | failed
    code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One try to deliver a status callback or an inbound text. `status` None: no answer came."""

    at: datetime
    sid: str
    event: str  # the message status, or `received` for an inbound text
    url: str
    token: str  # the same for every try and copy of one event
    attempt: int  # counts from 1, over copies and tries
    status: int | None
    error: str | None = None

    @property
    def acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A text written by a person. `meant` is the score they had in mind, if any."""

    at: datetime
    sid: str
    person: str
    to: str  # our number
    body: str
    account: str = ""
    part: str = ""  # score | correction | comment | nonsense | stop; empty: not by a persona
    meant: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierText:
    """What the carrier itself said to a person, such as the confirmation of STOP."""

    at: datetime
    account: str
    person: str
    sender: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """A call that a PBX reported; one entry however many copies it sends."""

    at: datetime
    source: str
    call_id: str
    number: str | None
    queue: str
    agent: str | None
    ending: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """A request to call somebody; see `CreateRequest`."""

    at: datetime
    account: str
    to: str
    sender: str
    accepted: bool
    status: int | None  # HTTP
    reference: str = ""
    sid: str | None = None
    code: int | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallIn:
    """A person rang a number of ours, or a switch with them on the line; `shown` as from where."""

    at: datetime
    account: str
    person: str
    to: str
    sid: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatus:
    """How far a call of ours is, or one to us, whether or not anybody was told."""

    at: datetime
    sid: str
    status: str
    answered_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was said to whoever picked up. `keys`: how many were waited for, -1 any number."""

    at: datetime
    sid: str
    person: str
    text: str
    keys: int = 0
    by_machine: bool = False
    by_provider: bool = False  # its own voice, for it got nothing to play


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Keys that a person pressed after a prompt; none: silence."""

    at: datetime
    sid: str
    person: str
    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PutThrough:
    """Somebody else was rung in the middle of a call, as if from `caller`."""

    at: datetime
    sid: str
    to: str
    caller: str
    status: str


Entry = (
    CreateRequest
    | StatusChange
    | Webhook
    | Reply
    | CarrierText
    | CallEnded
    | CallRequest
    | CallIn
    | CallStatus
    | Heard
    | Pressed
    | PutThrough
)
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Entry)}
_NAMES = {name: tuple(field.name for field in fields(kind)) for name, kind in KINDS.items()}
E = TypeVar("E")


def to_json(entry: Entry) -> dict[str, Any]:
    """A flat object; `entry` names its kind, `at` is ISO 8601."""
    kind = type(entry).__name__
    values = {name: getattr(entry, name) for name in _NAMES[kind]}
    return {"entry": kind, **values, "at": entry.at.isoformat()}


def from_json(value: dict[str, Any]) -> Entry:
    """The inverse of `to_json`; keys it does not know are left out."""
    name = value["entry"]
    found = {key: item for key, item in value.items() if key in _NAMES[name]}
    entry: Entry = KINDS[name](**{**found, "at": datetime.fromisoformat(value["at"])})
    return entry


def read(path: Path) -> list[Entry]:
    """The entries of a ledger file; lines cut off by a kill are left out."""
    entries: list[Entry] = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        with contextlib.suppress(json.JSONDecodeError):
            entries.append(from_json(json.loads(line)))
    return entries


class Ledger:
    """In memory and, with a path, appended line by line to a JSONL file, flushed each time."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[Entry] = []
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None
        if self._file is not None and self._file.tell():
            self._file.write("\n")  # the last writer may have been killed within a line

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        if self._file is not None:
            self._file.write(json.dumps(to_json(entry)) + "\n")
            self._file.flush()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()


def utc_now() -> datetime:
    return datetime.now(UTC)


def only(entries: Iterable[Entry], kind: type[E]) -> list[E]:
    """The entries of one kind, in order."""
    return [entry for entry in entries if isinstance(entry, kind)]


def accepted_per_person(entries: Iterable[Entry]) -> dict[str, list[CreateRequest]]:
    """Accepted requests by To: what each person was, or will be, texted."""
    accepted: dict[str, list[CreateRequest]] = {}
    for request in only(entries, CreateRequest):
        if request.accepted:
            accepted.setdefault(request.to, []).append(request)
    return accepted


def acknowledged_sids(entries: Iterable[Entry], event: str = "received") -> set[str]:
    """Messages of which somebody acknowledged this event; `received` means inbound texts."""
    return {
        webhook.sid
        for webhook in only(entries, Webhook)
        if webhook.event == event and webhook.acknowledged
    }


def acknowledged_replies(entries: Sequence[Entry]) -> list[Reply]:
    """What people wrote and the platform said that it has."""
    acknowledged = acknowledged_sids(entries)
    return [reply for reply in only(entries, Reply) if reply.sid in acknowledged]


def dialogue(entries: Iterable[Entry], person: str) -> list[CreateRequest | Reply | CarrierText]:
    """Everything said to and by one person, in order; refused requests are left out."""
    said: list[CreateRequest | Reply | CarrierText] = []
    for entry in entries:
        match entry:
            case CreateRequest(accepted=True, to=number) if number == person:
                said.append(entry)
            case Reply(person=number) | CarrierText(person=number) if number == person:
                said.append(entry)
    return said
