"""Who picks up: people who press keys, machines, nobody."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from sandbox.voice.documents import Gather

if TYPE_CHECKING:
    from sandbox.voice.calls import Call

_SCALE = re.compile(r"from (\d+) to (\d+)")


class PicksUp(StrEnum):
    """What happens when it rings, in the provider's words."""

    HUMAN = "human"
    MACHINE = "machine_start"
    FAX = "fax"
    UNSURE = "unknown"  # somebody, but the detection cannot tell
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"

    @property
    def is_answered(self) -> bool:
        return self in (self.HUMAN, self.MACHINE, self.FAX, self.UNSURE)


class Person(Protocol):
    """Somebody at the other end of a call. `sip`: why a call to them failed."""

    @property
    def sip(self) -> str: ...

    async def ring(self, call: "Call") -> PicksUp:
        """Returns when they pick up, decline, or have let it ring for too long."""
        ...

    async def hear(self, said: str) -> bool:
        """When it was said; False: they have hung up."""
        ...

    async def press(self, gather: Gather, turn: int) -> str | None:
        """The keys that they press at this prompt, empty for silence; None: they hang up."""
        ...

    def over(self, call: "Call") -> None:
        """It has ended, whoever ended it, or never began."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """By a script. `keys`: pressed at each prompt in turn, empty for silence; after that: silence.

    `say:four` is spoken, `say:four@0.3` not clearly.

    `keys` None: whatever the scale that is heard allows. `hangs_up_at`: the prompt, counted from
    0, at which they do. `sip`: why a call failed.
    """

    picks_up: PicksUp = PicksUp.HUMAN
    keys: tuple[str, ...] | None = None
    hangs_up_at: int | None = None
    sip: str = "404"

    async def ring(self, call: "Call") -> PicksUp:
        return self.picks_up

    async def hear(self, said: str) -> bool:
        return True

    async def press(self, gather: Gather, turn: int) -> str | None:
        if self.hangs_up_at is not None and turn >= self.hangs_up_at:
            return None
        if self.keys is None:
            scale = _SCALE.search(gather.text)
            return scale[2] if scale else ""
        return self.keys[turn] if turn < len(self.keys) else ""

    def over(self, call: "Call") -> None: ...
