"""What happens on one phone, in order, for whoever looks at it."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

MOST = 500  # happenings that are kept; a page that is opened later sees the newest

Happening = tuple[int, Mapping[str, Any]]  # its number, counted from 1, and what it was


class Feed:
    """Grows until it is closed; old happenings are forgotten."""

    def __init__(self, most: int = MOST) -> None:
        self._kept: deque[Happening] = deque(maxlen=most)
        self._count = 0
        self._more = asyncio.Event()
        self.closed = False
        self.grown: Callable[[], None] = lambda: None  # called after each happening

    @property
    def kept(self) -> Sequence[Happening]:
        return list(self._kept)

    def restore(self, kept: Sequence[Happening]) -> None:
        """What was kept of an earlier one."""
        self._kept.extend(kept)
        self._count = kept[-1][0] if kept else 0

    def add(self, kind: str, **what: Any) -> None:
        self._count += 1
        self._kept.append((self._count, {"kind": kind, **what}))
        self._wake()
        self.grown()

    def close(self) -> None:
        self.closed = True
        self._wake()

    async def after(self, number: int, *, patience: float) -> list[Happening]:
        """What came after that one; waits `patience` seconds where there is nothing yet."""
        if not (found := self._later(number)) and not self.closed:
            grown = self._more
            try:
                async with asyncio.timeout(patience):
                    await grown.wait()
            except TimeoutError:
                return []
            found = self._later(number)
        return found

    def _later(self, number: int) -> list[Happening]:
        return [one for one in self._kept if one[0] > number]

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()
