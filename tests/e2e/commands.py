"""The `aftercall` command as people run it: a process of its own."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

AFTERCALL = str(Path(sys.executable).with_name("aftercall"))
ENDS_WITHIN = 180.0  # seconds; far more than any of them takes, on a busy machine too


@dataclass(frozen=True, slots=True)
class Ended:
    """`text`: all that it printed, errors included."""

    status: int
    text: str


async def aftercall(*arguments: str, environment: Mapping[str, str]) -> Ended:
    """Runs a command to its end."""
    process = await asyncio.create_subprocess_exec(
        AFTERCALL,
        *arguments,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    return await _end(process)


@dataclass(frozen=True, slots=True)
class Up:
    """A platform that `aftercall up` runs; `key` is None when it printed none."""

    url: str
    key: str | None
    text: str  # printed until it was up
    process: asyncio.subprocess.Process
    internal_url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    async def interrupted(self) -> Ended:
        """After Ctrl-C; its last words."""
        self.process.send_signal(signal.SIGINT)
        return await _end(self.process)


@asynccontextmanager
async def up(*arguments: str, environment: Mapping[str, str]) -> AsyncIterator[Up]:
    """Runs until the block ends, at the latest."""
    process = await asyncio.create_subprocess_exec(
        *(AFTERCALL, "up", "--port", "0", "--log-level", "WARNING", *arguments),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield await _answering(process)
    finally:
        if process.returncode is None:
            process.terminate()
            await _end(process)


async def _answering(process: asyncio.subprocess.Process) -> Up:
    assert process.stdout is not None
    text = ""
    async with asyncio.timeout(ENDS_WITHIN):
        while "Ctrl-C" not in text:
            line = await process.stdout.readline()
            assert line, f"aftercall up ended: {text}"
            text += line.decode()
    url = re.search(r"answers at (http://127\.0\.0\.1:\d+)", text)
    internal_url = re.search(r"health: (http://127\.0\.0\.1:\d+)", text)
    key = re.search(r"AFTERCALL_KEY=(ac_\S+)", text)
    assert url, text
    assert internal_url, text
    return Up(url[1], key[1] if key else None, text, process, internal_url[1])


async def _end(process: asyncio.subprocess.Process) -> Ended:
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            out, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        raise AssertionError(f"still running after {ENDS_WITHIN} seconds") from None
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(errors="replace"))
