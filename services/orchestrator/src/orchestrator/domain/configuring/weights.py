"""What a workspace's documents cost everybody: memory of every service, time of every batch."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from common.config import Condition, WorkspaceConfig
from orchestrator.domain.configuring.changes import Documents


def size_of(documents: Documents) -> int:
    """Bytes."""
    return sum(len(msgspec.json.encode(body)) for body in documents.values())


def numbers_in(config: WorkspaceConfig) -> int:
    """Of telephones, as often as they are named: each takes some 40 microseconds to be read."""
    senders = sum(len(account.senders) for account in config.accounts.values())
    return len(config.numbers) + senders + sum(len(f.when.numbers) for f in config.flows.values())


def tests_of_a_call(config: WorkspaceConfig) -> int:
    """Flows that are on, with their conditions, which one call can come by: those of all numbers
    and queues, and the most that any number and any queue has of its own.

    Of flows as they are read: one number in two spellings is one.
    """
    everywhere = 0
    numbers, queues = Counter[str](), Counter[str]()
    for flow in config.flows.values():
        if not flow.enabled:
            continue
        cost = 1 + sum(map(_tests, flow.when.groups().values()))
        if flow.when.numbers:
            numbers.update(dict.fromkeys(flow.when.numbers, cost))
        elif flow.when.queues:
            queues.update(dict.fromkeys(flow.when.queues, cost))
        else:
            everywhere += cost
    return everywhere + sum(max(some.values(), default=0) for some in (numbers, queues))


def _tests(group: Sequence[Condition]) -> int:
    return sum(
        (one.field is not None) + sum(_tests(inner) for _, inner in one.groups()) for one in group
    )
