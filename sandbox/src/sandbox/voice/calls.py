"""A call, whoever carries it, and what differs between those who do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sandbox.voice.documents import Verb
from sandbox.webhooks import Event

STATUSES = ("queued", "ringing", "in-progress", "completed", "busy", "no-answer", "failed")
OVER = frozenset(STATUSES[3:]) | {"canceled"}


class Network(Protocol):
    """How one provider tells of a call, and what it plays."""

    @property
    def speaks(self) -> str: ...

    def form(self, call: "Call") -> dict[str, str]:
        """What every request about it carries."""
        ...

    def introduced(self, call: "Call") -> dict[str, str]:
        """What its first request carries beside: the headers by which it came in SIP."""
        ...

    def pressed(self, keys: str) -> dict[str, str]: ...

    def spoken(self, text: str, confidence: str) -> dict[str, str]: ...

    def put_through(self, status: str, seconds: int) -> dict[str, str]:
        """How it was with the person who was rung."""
        ...

    def parse(self, body: bytes, media_type: str) -> list[Verb]:
        """Raises `NotPlayable`."""
        ...

    def signed(self, event: Event) -> Mapping[str, str]: ...

    def instead(self, call: "Call", url: str) -> str:
        """Where it asks when there is nothing to be had at this URL; empty: nowhere."""
        ...

    @property
    def lost(self) -> Sequence[Verb]:
        """What it plays when there is nothing to be had at all."""
        ...


@dataclass(slots=True, kw_only=True)
class Call:
    """One call, either way. `person` is rung, or rings; `ours` is the number at our side.

    `drops_machines`: it ends as soon as a machine is heard. `headers`: of the INVITE by which a
    switch brought it; empty: it came from the telephone network. `shown`: whoever rings, as what.
    """

    network: Network
    sid: str
    account: str
    person: str
    ours: str
    direction: str  # outbound-api | inbound
    url: str
    created: datetime
    updated: datetime
    status: str = "queued"
    fallback: str = ""
    callback: str = ""
    detects: bool = False
    drops_machines: bool = False
    ring: int = 60  # seconds, until nobody has answered
    answered_by: str | None = None
    sip: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    shown: str = ""

    @property
    def caller(self) -> str:
        return self.shown if self.direction == "inbound" else self.ours

    @property
    def called(self) -> str:
        return self.ours if self.direction == "inbound" else self.person


@dataclass(frozen=True, slots=True)
class Placed:
    """A call that is on its way, and what whoever asked for it is answered."""

    call: Call
    answer: dict[str, Any]

    def resource(self) -> dict[str, Any]:
        return self.answer
