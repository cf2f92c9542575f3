"""What references in configuration stand for. Values are read when they are needed.

`secret:NAME` is the workspace's own: written once, stored sealed, never told again. `env:NAME` and
`file:PATH` are in documents that an operator applied, and lead below a prefix and a folder of the
operator's and nowhere else: not to the variables and files of the process itself.
"""

import os
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common.sealing import MasterKeys, Sealed

OPERATORS = ("env:", "file:")
LARGEST = 16 * 1024  # bytes of a file
AGE = 10.0  # seconds that a value is kept: one that was rotated in a file is soon seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Below:
    """Where references of an operator may lead. `folder` None: to no file."""

    prefix: str
    folder: Path | None = None

    def variable(self, name: str) -> str:
        """Raises `LookupError`, naming the variable and never a value."""
        if not name.startswith(self.prefix) or "\x00" in name:
            raise LookupError(
                f"env:{name} does not begin with {self.prefix} (AFTERCALL_REFERENCE_PREFIX)"
            )
        value = os.environ.get(name, "").strip()
        if not value:
            raise LookupError(f"the environment variable {name} is not set")
        return value

    def file(self, name: str) -> str:
        """Raises `LookupError`: outside the folder, no regular file, too large, no text, empty."""
        if self.folder is None:
            raise LookupError(f"file:{name}: no folder is set (AFTERCALL_REFERENCE_FOLDER)")
        try:
            folder = self.folder.resolve()
            path = (folder / name).resolve()  # links within the folder are followed, as mounts have
            if not path.is_relative_to(folder):
                raise LookupError(f"file:{name} is not in {self.folder}")
            value = _content(path).decode().strip()
        except OSError as error:
            raise LookupError(f"file:{name} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise LookupError(f"file:{name} is no text") from None
        except (ValueError, RuntimeError):  # NUL in the name; links in a circle
            raise LookupError(f"file:{name!r} is no path") from None
        if not value or "\x00" in value:
            raise LookupError(f"file:{name} is empty" if not value else f"file:{name} is no text")
        return value


def _content(path: Path) -> bytes:
    """Never waits: opening a pipe would."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise LookupError(f"file:{path.name} is no regular file")
        found = os.read(descriptor, LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(found) > LARGEST:
        raise LookupError(f"file:{path.name} has more than {LARGEST} bytes")
    return found


@dataclass(slots=True, kw_only=True)
class Secrets:
    """One per process. `sealed`: what is stored of (workspace, name), as configuration has it."""

    below: Below
    keys: MasterKeys
    sealed: Callable[[str, str], Sealed | None]
    monotonic: Callable[[], float] = time.monotonic
    _read: dict[str, tuple[float, str]] = field(default_factory=dict)
    _opened: dict[tuple[str, str], tuple[Sealed, str]] = field(default_factory=dict)

    def value(self, workspace: str, reference: str) -> str:
        """Raises `LookupError`, in words for whoever set it up."""
        scheme, _, name = reference.partition(":")
        if scheme == "secret":
            return self._own(workspace, name)
        known = self._read.get(reference)
        if known is not None and self.monotonic() - known[0] < AGE:
            return known[1]
        if scheme == "env":
            value = self.below.variable(name)
        elif scheme == "file":
            value = self.below.file(name)
        else:
            raise LookupError("a secret is a reference: secret:NAME, env:NAME or file:PATH")
        self._read[reference] = (self.monotonic(), value)
        return value

    def values(self, workspace: str, references: Mapping[str, str]) -> Mapping[str, str]:
        """Likewise, by field."""
        return {field: self.value(workspace, one) for field, one in references.items()}

    def _own(self, workspace: str, name: str) -> str:
        stored = self.sealed(workspace, name)
        if stored is None:
            self._opened.pop((workspace, name), None)
            raise LookupError(f"the secret {name} is not written yet")
        known = self._opened.get((workspace, name))
        if known is not None and known[0] == stored:
            return known[1]
        try:
            value = self.keys.open(stored, workspace=workspace, name=name)
        except LookupError as error:
            raise LookupError(f"the secret {name} cannot be opened: {error}") from None
        self._opened[workspace, name] = (stored, value)
        return value
