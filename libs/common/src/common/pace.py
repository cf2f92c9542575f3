"""Rounds that do not follow one another at once: what comes meanwhile is worked off together.

A round costs by itself, not only by its records: statements, a commit, requests to the broker. The
first one after a pause begins at once; of a stream, each begins `linger` after the one before.
"""

import asyncio


class Pace:
    """Of one loop. `linger` in seconds."""

    def __init__(self, linger: float) -> None:
        self._linger = linger
        self._next_at = float("-inf")

    async def keep(self) -> None:
        """Returns when the next round may begin."""
        loop = asyncio.get_running_loop()
        if (wait := self._next_at - loop.time()) > 0:
            await asyncio.sleep(wait)
        self._next_at = loop.time() + self._linger

    def hurry(self) -> None:
        """The round was full, so the next one is worth its cost already."""
        self._next_at = float("-inf")
