"""What a workspace's documents cost everybody: memory of every service, time of every batch."""

from collections import Counter
from typing import Any

import msgspec

from orchestrator.domain.configuring.changes import Documents


def size_of(documents: Documents) -> int:
    """Bytes."""
    return sum(len(msgspec.json.encode(body)) for body in documents.values())


def tests_of_a_call(documents: Documents) -> int:
    """Flows that are on, with their conditions, which one call can come by: those of all numbers
    and queues, and the most that any number and any queue has of its own."""
    everywhere = 0
    numbers, queues = Counter[str](), Counter[str]()
    for (kind, _), body in documents.items():
        if kind != "flow" or body.get("enabled") is not True:
            continue
        when = body.get("when")
        told: dict[Any, Any] = when if isinstance(when, dict) else {}
        cost = 1 + _tests(told)
        if own := _words(told.get("numbers")):
            numbers.update(dict.fromkeys(own, cost))
        elif own := _words(told.get("queues")):
            queues.update(dict.fromkeys(own, cost))
        else:
            everywhere += cost
    return everywhere + sum(max(some.values(), default=0) for some in (numbers, queues))


def _tests(group: Any) -> int:
    if isinstance(group, list | tuple):
        return sum(map(_tests, group))
    if not isinstance(group, dict):
        return 0
    inner = sum(_tests(group.get(name)) for name in ("all", "any", "none"))
    return inner + ("field" in group)


def _words(told: Any) -> set[str]:
    return {str(word) for word in told} if isinstance(told, list | tuple) else set()
