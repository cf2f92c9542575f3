"""What happened on a call, and what was posted about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sandbox.pbx.numbers import LINES


class Kind(StrEnum):
    """Why a call is in the scenario."""

    CONNECTED = "connected"
    TRANSFERRED = "transferred"
    REPEAT = "repeat"  # the same person again
    OPTED_OUT = "opted_out"  # had said no before
    SHORT = "short"  # connected for a few seconds
    MISSED = "missed"
    ABANDONED = "abandoned"
    VOICEMAIL = "voicemail"
    HIDDEN = "hidden"
    INTERNAL = "internal"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Agent:
    """`quality` from 0 to 1: how well calls with this agent go."""

    id: str
    name: str
    email: str
    quality: float


@dataclass(frozen=True, slots=True)
class Queue:
    """`metric` is what people are asked after its calls."""

    name: str
    metric: str
    line: str
    agents: tuple[Agent, ...]


def _agent(number: int, name: str, quality: float) -> Agent:
    return Agent(str(number), name, f"{name.split()[0].lower()}@example.com", quality)


QUEUES = {
    queue.name: queue
    for queue in (
        Queue(
            "billing",
            "csat",
            LINES["billing"],
            (
                _agent(101, "Asha Rao", 0.92),
                _agent(102, "Ben Ortiz", 0.75),
                _agent(103, "Chloe Park", 0.5),
            ),
        ),
        Queue(
            "support",
            "nps",
            LINES["support"],
            (
                _agent(201, "Dev Mehta", 0.95),
                _agent(202, "Elena Rossi", 0.85),
                _agent(203, "Finn Olsen", 0.6),
            ),
        ),
        Queue(
            "sales",
            "ces",
            LINES["sales"],
            (
                _agent(301, "Grace Kim", 0.88),
                _agent(302, "Hugo Blanc", 0.7),
                _agent(303, "Ines Lopez", 0.8),
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Post:
    """One request body, ready to be sent by HTTP or put on a topic."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxCall:
    """The truth about one call. `posts` are its copies, at least one; `extras` are bodies about it
    that start nothing (events of another kind, agents' legs). Times are whole seconds, UTC.

    `customer` in E.164, None when hidden. `agents` in time order, those who talked. `our_number`:
    the line that was called, where it is not that of the queue.
    """

    vendor: str  # aircall | myoperator | freeswitch | cloudevents | mapped-json
    call_id: str
    kind: Kind
    ending: str
    direction: str
    customer: str | None
    queue: str
    agents: tuple[Agent, ...]
    started_at: datetime
    answered_at: datetime | None  # by an agent
    ended_at: datetime
    quality: float
    posts: tuple[Post, ...] = ()
    extras: tuple[Post, ...] = ()
    our_number: str | None = None

    @property
    def connected(self) -> bool:
        return self.ending == "connected"

    @property
    def agent(self) -> Agent | None:
        """The last one, who gets the credit."""
        return self.agents[-1] if self.agents else None

    @property
    def line(self) -> str:
        return self.our_number or QUEUES[self.queue].line

    @property
    def metric(self) -> str:
        return QUEUES[self.queue].metric

    @property
    def talk_seconds(self) -> int:
        """0 when nobody answered."""
        if self.answered_at is None:
            return 0
        return round((self.ended_at - self.answered_at).total_seconds())

    @property
    def handed_over_at(self) -> datetime | None:
        """When the second agent took a transferred call: half-way."""
        if self.answered_at is None or len(self.agents) < 2:
            return None
        half = (self.ended_at - self.answered_at) / 2
        return (self.answered_at + half).replace(microsecond=0)
