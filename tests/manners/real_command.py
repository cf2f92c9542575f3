"""The real `aftercall` command, many times in seconds: imported once, forked for each.

`python -m tests.manners.real_command` reads a JSON line per run and answers with one.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds
NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Ended:
    status: int
    out: str
    err: str


class RealCommand:
    """A process that has imported every command, and forks itself for each run."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.manners.real_command"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        *arguments: str,
        cwd: Path,
        environment: Mapping[str, str],
        given: str = "",
        as_nobody: bool = False,
    ) -> Ended:
        """`as_nobody`: not as root, who may do everything."""
        told = {"arguments": arguments, "cwd": str(cwd), "environment": dict(environment)}
        told |= {"given": given, "as_nobody": as_nobody}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def open_folder() -> Iterator[Path]:
    """Which who is nobody may pass through, as pytest's own may not be."""
    with tempfile.TemporaryDirectory(prefix="aftercall-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def serve() -> None:
    from aftercall.main import COMMANDS, load

    for name in COMMANDS:
        load(name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()


def _run(told: Mapping[str, Any]) -> Mapping[str, Any]:
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryFile() as given,
    ):
        given.write(told["given"].encode())
        given.seek(0)
        pid = os.fork()
        if pid == 0:
            _be(told, [given.fileno(), out.fileno(), err.fileno()])
        _, status = os.waitpid(pid, 0)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return {"status": os.waitstatus_to_exitcode(status), "out": texts[0], "err": texts[1]}


def _be(told: Mapping[str, Any], streams: Sequence[int]) -> NoReturn:
    from aftercall import entry

    status = 99  # an exception that nobody caught: its trace is on standard error
    try:
        signal.alarm(PATIENCE)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        os.environ.clear()
        os.environ.update(told["environment"])
        os.chdir(told["cwd"])
        if told["as_nobody"] and os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        sys.argv = ["aftercall", *told["arguments"]]
        entry.main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        for text in (sys.stdout, sys.stderr):
            text.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
