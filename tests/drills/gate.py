"""Where everybody waits with what they say, until as many as are wanted say it at once."""

import asyncio
import itertools
from collections import deque


class Gate:
    """`written`: how much people have said since, on every channel."""

    def __init__(self) -> None:
        self.written = 0
        self._held: deque[asyncio.Future[None]] = deque()
        self._open = False

    @property
    def held(self) -> int:
        """How many wait."""
        return len(self._held)

    def let_go(self, count: int | None = None) -> None:
        """So many may go, the longest waiting first; all from now on if None."""
        self._open = count is None
        for one in list(itertools.islice(self._held, count)):
            self._held.popleft()
            one.set_result(None)

    async def wait(self) -> None:
        """Returns when it is one's turn."""
        if not self._open:
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._held.append(mine)
            await mine
