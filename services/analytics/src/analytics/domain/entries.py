"""One line of a list: a call, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.domain.facts import Reply, Step
from analytics.domain.places import Found, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`values` are columns by name; `reply` is the one that counts."""

    values: Mapping[str, Any]
    steps: Sequence[Step]
    reply: Reply | None
    superseded: Sequence[Reply]

    @property
    def found(self) -> Found:
        """Its place in lists."""
        of = self.values
        return Found(of["day"], Place(of["ended_at"], of["interaction_id"]), of["score"])
