"""Files that are streamed: how many at once, and what one looks like that was cut."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from common.errors import Problem
from common.telemetry import logging

log = logging.get(__name__)
OF_WORKSPACE, OF_ALL = 2, 6  # files at once
RETRY_AFTER = 15  # seconds


@dataclass(slots=True)
class Slot:
    """Of a file that is made or streams. Given back once, whoever does it."""

    slots: "Slots"
    workspace: str
    kept: bool = False
    free: bool = False

    def keep(self) -> "Slot":
        """The response has it from now on."""
        self.kept = True
        return self

    def give_back(self) -> None:
        if not self.free:
            self.free = True
            self.slots.taken[self.workspace] -= 1
            if not self.slots.taken[self.workspace]:
                del self.slots.taken[self.workspace]


@dataclass(frozen=True, slots=True)
class Slots:
    """How many long files of a workspace, and of all, this process streams at once.

    Each reads page after page for as long as its receiver likes: unbounded, the files of one
    workspace would have everybody's connections and all of the processor.
    """

    taken: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def take(self, workspace: str) -> Iterator[Slot]:
        """Given back at the end, unless it is kept. Raises `Problem` 429."""
        if self.taken[workspace] >= OF_WORKSPACE or self.taken.total() >= OF_ALL:
            raise Problem(
                429,
                "Too many files at once",
                f"{OF_WORKSPACE} of a workspace stream at a time: wait for one.",
                retry_after=RETRY_AFTER,
            )
        self.taken[workspace] += 1
        slot = Slot(self, workspace)
        try:
            yield slot
        finally:
            if not slot.kept:
                slot.give_back()


class StreamedFile(StreamingResponse):
    """A file to save. What goes wrong while it streams ends the connection without an end of the
    file, for no other answer can be given any more: its receiver sees that it was cut.
    """

    def __init__(
        self,
        file_name: str,
        parts: AsyncIterator[str] | AsyncIterator[bytes],
        status_code: int = 200,
        *,
        media_type: str | None = None,
        slot: Slot | None = None,
    ) -> None:
        headers = {"content-disposition": f'attachment; filename="{file_name}"'}
        super().__init__(parts, status_code, headers, media_type=media_type)
        self._slot = slot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await super().__call__(scope, receive, noting)
        except Exception as error:
            if not begun:
                raise
            log.warning("file_cut", reason=type(error).__name__)
        finally:
            if self._slot is not None:
                self._slot.give_back()
