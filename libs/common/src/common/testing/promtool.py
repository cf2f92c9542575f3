"""Prometheus' own checker: of the machine, else of Debian's package, else built by Go, once."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from common.testing.gotools import built
from common.testing.jars import cache_folder
from common.testing.shared import locked

MODULE = ("github.com/prometheus/prometheus/cmd/promtool", "v0.55.1")
_PACKAGE = "prometheus"
_SECONDS = 300.0


def promtool(cache: Path | None = None) -> str:
    """Its path. Raises `RuntimeError` that says what was tried."""
    if found := shutil.which("promtool"):
        return found
    folder = (cache or cache_folder()) / "promtool"
    program = folder / "promtool"
    tried: list[str] = []
    with locked(folder.parent / "promtool.lock"):
        folder.mkdir(parents=True, exist_ok=True)
        if program.exists() or _of_debian(folder, tried) or _of_debian_updated(folder, tried):
            return str(program)
    try:
        return str(built(*MODULE, cache=cache))
    except RuntimeError as error:
        raise RuntimeError(
            "The alert rules need promtool: install Debian's package `prometheus`, or Go, or put"
            " promtool on the PATH. Tried:\n" + "\n".join([*tried, f"  {error}"])
        ) from error


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
