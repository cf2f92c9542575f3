"""Prometheus' own checker: of the machine, else of Debian's package, else built by Go, once."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from common.testing.jars import cache_folder
from common.testing.shared import locked

_MODULE, _VERSION = "github.com/prometheus/prometheus/cmd/promtool", "v0.307.3"
_PACKAGE = "prometheus"
_SECONDS = 900.0  # Go compiles it in minutes


def promtool(cache: Path | None = None) -> str:
    """Its path. Raises `RuntimeError` that says what was tried."""
    if found := shutil.which("promtool"):
        return found
    folder = (cache or cache_folder()) / "promtool"
    program = folder / "promtool"
    tried: list[str] = []
    with locked(folder.parent / "promtool.lock"):
        folder.mkdir(parents=True, exist_ok=True)
        ways = (_of_debian, _of_debian_updated, _by_go)
        if program.exists() or any(way(folder, tried) for way in ways):
            return str(program)
    raise RuntimeError(
        "The alert rules need promtool: install Debian's package `prometheus`, or Go, or put"
        " promtool on the PATH. Tried:\n" + "\n".join(tried)
    )


def _of_debian(folder: Path, tried: list[str]) -> bool:
    """Unpacked, not installed: that needs no rights and starts no service."""
    if not _run(["apt-get", "download", "-q", _PACKAGE], folder, tried):
        return False
    package = next(folder.glob(f"{_PACKAGE}_*.deb"), None)
    if package is None or not _run(["dpkg-deb", "-x", str(package), "debian"], folder, tried):
        return False
    package.unlink()
    (folder / "debian" / "usr" / "bin" / "promtool").rename(folder / "promtool")
    shutil.rmtree(folder / "debian")
    return True


def _of_debian_updated(folder: Path, tried: list[str]) -> bool:
    """On a fresh machine the lists of packages are missing."""
    return _run(["apt-get", "update", "-q"], folder, tried) and _of_debian(folder, tried)


def _by_go(folder: Path, tried: list[str]) -> bool:
    """As a dependency of an empty module: `go install` takes none that excludes versions."""
    module = folder / "go"
    module.mkdir(exist_ok=True)
    (module / "go.mod").write_text("module rules\n")
    return _run(["go", "get", f"{_MODULE}@{_VERSION}"], module, tried) and _run(
        ["go", "build", "-buildvcs=false", "-o", str(folder / "promtool"), _MODULE], module, tried
    )


def _run(command: Sequence[str], folder: Path, tried: list[str]) -> bool:
    try:
        ended = subprocess.run(  # noqa: S603 - our own commands
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        tried.append(f"  {' '.join(command)}: {error}")
        return False
    if ended.returncode:
        tried.append(f"  {' '.join(command)}: {(ended.stdout + ended.stderr).strip()[-500:]}")
    return ended.returncode == 0
