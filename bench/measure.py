"""Running one contender in a process of its own, and what it reports."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One contender's turn: `events` handled in `seconds`."""

    name: str
    events: int
    seconds: float
    detail: dict[str, Any]

    @property
    def rate(self) -> float:
        return self.events / self.seconds


def turn(module: str, environment: dict[str, str], *arguments: str, timeout: float) -> Run:
    """Runs `python -m <module>`, whose last line of output is its report. Raises when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr[-4000:]}")
    return Run(**json.loads(done.stdout.splitlines()[-1]))
