"""Servers of one test run: the first worker that needs one starts it, the run's end stops it."""

import fcntl
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_PREFIX = "aftercall-tests-"
Started = tuple[Mapping[str, str], int]  # what users need to know, and the process id


def open_run() -> Path:
    """The folder that all workers of this run share; also clears up after runs that were killed."""
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = left / "owner"
        if owner.exists() and _process(owner.read_text()) is None:
            close_run(left)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    folder.chmod(0o755)  # PostgreSQL may have to run as another user
    me = psutil.Process()
    (folder / "owner").write_text(_identity(me))
    return folder


def close_run(folder: Path) -> None:
    """Stops what this run started, and nothing else."""
    found = [_process(json.loads(f.read_text())["process"]) for f in folder.glob("*.server")]
    running = [process for process in found if process is not None]
    for process in running:
        process.terminate()
    _, stubborn = psutil.wait_procs(running, timeout=5)
    for process in stubborn:
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def once(folder: Path, name: str, start: Callable[[], Started]) -> Mapping[str, str]:
    """What `start` returned, in whichever worker it ran. A failure is not tried again."""
    with locked(folder / f"{name}.lock"):
        note, failure = folder / f"{name}.server", folder / f"{name}.failure"
        if failure.exists():
            raise RuntimeError(failure.read_text())
        if not note.exists():
            try:
                facts, pid = start()
            except Exception as error:
                failure.write_text(str(error))
                raise
            process = _identity(psutil.Process(pid))
            note.write_text(json.dumps({"facts": dict(facts), "process": process}))
        facts_of: Mapping[str, str] = json.loads(note.read_text())["facts"]
        return facts_of


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Between processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _identity(process: psutil.Process) -> str:
    return f"{process.pid} {process.create_time()}"  # a process id alone may be somebody else's


def _process(identity: str) -> psutil.Process | None:
    pid = identity.partition(" ")[0]
    with suppress(psutil.Error):
        process = psutil.Process(int(pid))
        if _identity(process) == identity and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None
