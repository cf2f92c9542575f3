"""Which flows a line and a queue are for: by name, in memory that grows as the flows do.

A table of all numbers by all queues would be a thousand times the documents that name them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestrator.domain.compiled_flow import CompiledFlow

MOST_REMEMBERED = 100_000  # flows, in all that is found together
Found = tuple[CompiledFlow, ...]


@dataclass(slots=True)
class FlowIndex:
    """`flows`: highest priority first, and so they are found."""

    flows: Sequence[CompiledFlow]
    _anywhere: list[int] = field(default_factory=list)
    _of_number: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _of_queue: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    _queues: set[str] = field(default_factory=set)  # that any flow names
    _found: dict[tuple[str | None, str | None], Found] = field(default_factory=dict)
    _remembered: int = 0

    def __post_init__(self) -> None:
        for place, flow in enumerate(self.flows):
            self._queues |= flow.queues or set()
            if flow.numbers is None and flow.queues is None:
                self._anywhere.append(place)
            elif flow.numbers is not None:
                for number in flow.numbers:
                    self._of_number[number].append(place)
            else:
                for queue in flow.queues or ():
                    self._of_queue[queue].append(place)

    def find(self, number: str | None, queue: str | None) -> Found:
        """Those that a call on this line, in this queue, can match. Names are often the same."""
        key = (
            number if number in self._of_number else None,
            queue if queue in self._queues else None,
        )
        found = self._found.get(key)
        if found is None:
            found = self._look(*key)
            if self._remembered > MOST_REMEMBERED:
                self._found.clear()
                self._remembered = 0
            self._found[key] = found
            self._remembered += 1 + len(found)
        return found

    def _look(self, number: str | None, queue: str | None) -> Found:
        of_number = self._of_number[number] if number is not None else ()
        of_queue = self._of_queue[queue] if queue is not None and queue in self._of_queue else ()
        takes = [place for place in of_number if self._takes(place, queue)]
        return tuple(self.flows[place] for place in sorted((*self._anywhere, *takes, *of_queue)))

    def _takes(self, place: int, queue: str | None) -> bool:
        queues = self.flows[place].queues
        return queues is None or queue in queues
