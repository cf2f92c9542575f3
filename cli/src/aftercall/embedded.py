"""The data folder of the embedded default, owned by one process, and the keys kept in it."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aftercall.errors import Trouble
from common.sealing import new_key


class DataFolderInUse(Trouble):
    """Another process owns the data folder."""


class NoDataFolder(Trouble):
    """Nothing was ever kept there."""

    todo = "Run `aftercall up` first, name its folder by --data, or set AFTERCALL_DATABASE_URL."

    def __init__(self, path: Path) -> None:
        self.what = f"no platform has kept anything in {path}"
        super().__init__(f"{self.what}. {self.todo}")


def known_folder(path: Path) -> Path:
    """The folder of a platform, whether or not it is up. Raises `NoDataFolder`."""
    if not (path / "postgres" / "PG_VERSION").exists():
        raise NoDataFolder(path)
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
            raise DataFolderInUse(
                f"{path} is used by another aftercall process: end that, or name another by --data"
            ) from None
        yield path
    finally:
        os.close(lock)


def pepper(folder: Path) -> str:
    """The key of the contact ids, made once per data folder; losing it forgets who was asked."""
    return _kept(folder / "pepper", lambda: secrets.token_urlsafe(32))


def master_keys(folder: Path) -> str:
    """What seals the secrets of workspaces, made likewise; losing it means writing them again."""
    return _kept(folder / "master-keys", new_key)


def encrypts_addresses(folder: Path) -> str:
    """true in folders that begin so; the version before could not go on with one that had not."""
    began = (folder / "pepper").exists()
    return _kept(folder / "encrypt-addresses", lambda: "false" if began else "true")


def _kept(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
    return path.read_text().strip()
