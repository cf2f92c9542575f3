"""Who picks up: people who press keys, machines, nobody."""

import re
from dataclasses import dataclass
from enum import StrEnum

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """`keys`: what is pressed at each prompt in turn, empty for silence; after the last: silence.

    `keys` None: whatever the scale that is heard allows. `hangs_up_at`: the prompt, counted from
    0, at which they do. `sip`: why a call failed.
    """

    picks_up: PicksUp = PicksUp.HUMAN
    keys: tuple[str, ...] | None = None
    hangs_up_at: int | None = None
    sip: str = "404"

    def press(self, heard: str, turn: int) -> str | None:
        """None: they hang up."""
        if self.hangs_up_at is not None and turn >= self.hangs_up_at:
            return None
        if self.keys is None:
            scale = _SCALE.search(heard)
            return scale[2] if scale else ""
        return self.keys[turn] if turn < len(self.keys) else ""
