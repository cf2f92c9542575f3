"""A line, what it becomes, and the tests that must notice."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """`line` occurs exactly once in `file` and becomes `becomes`; one of `tests` has to fail."""

    promise: str
    file: str
    line: str
    becomes: str
    tests: Sequence[str]


COMMON, CHANNEL = "libs/common/src/common", "libs/channel/src/channel"
INGEST = "services/ingest/src/ingest"
ORCHESTRATOR = "services/orchestrator/src/orchestrator"
CLOSED_LOOP = "services/closed-loop/src/closed_loop"
