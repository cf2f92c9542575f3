"""Running one contender in a process of its own, and what it reports."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

WARM = 10  # this part of the events does not count: caches fill, consent is heard of


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


@dataclass(slots=True)
class Turn:
    """The stopwatch of a contender that counts its own batches: from warm to the last one."""

    name: str
    events: int
    done: int = 0
    batches: int = 0
    _first: int = 0
    _began: float = 0.0
    _last: float = 0.0
    _cpu: float = 0.0

    @property
    def over(self) -> bool:
        return self.done >= self.events

    def handled(self, records: int) -> None:
        self.done += records
        self.batches += 1
        self._last = time.perf_counter()
        if not self._first and self.done >= self.events // WARM:
            self._began, self._cpu, self._first = self._last, time.process_time(), self.done

    def report(self) -> dict[str, object]:
        """What `Run` reads."""
        counted = self.done - self._first
        cpu = time.process_time() - self._cpu
        return {
            "name": self.name,
            "events": counted,
            "seconds": self._last - self._began,
            "detail": {
                "batches": self.batches,
                "events_per_batch": round(self.done / self.batches, 1),
                "cpu_us_per_event": round(1e6 * cpu / max(1, counted)),
            },
        }


def turn(
    module: str,
    environment: dict[str, str],
    *arguments: str,
    timeout: float,
    python: str | None = None,
) -> Run:
    """Runs `python -m <module>`, whose last line of output is its report. Raises when it fails."""
    done = subprocess.run(
        [python or sys.executable, "-m", module, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    if done.returncode:
        raise SystemExit(f"{module} failed:\n{done.stderr[-4000:]}")
    return Run(**json.loads(done.stdout.splitlines()[-1]))
