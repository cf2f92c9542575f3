"""Programs of Debian packages: unpacked, not installed. That needs no rights and starts nothing."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from common.testing.jars import cache_folder
from common.testing.shared import locked

_SECONDS = 900.0  # Go compiles some in minutes


def unpacked(package: str, file: str, into: Path, tried: list[str]) -> bool:
    """Puts this file of the package into the folder; `tried` tells what failed."""
    with locked(cache_folder() / "apt.lock"):  # its lists are one process's at a time
        return _unpack(package, file, into, tried) or (
            # On a fresh machine the lists of packages are missing.
            run(["apt-get", "update", "-q"], into, tried) and _unpack(package, file, into, tried)
        )


def _unpack(package: str, file: str, into: Path, tried: list[str]) -> bool:
    if not run(["apt-get", "download", "-q", package], into, tried):
        return False
    archive = next(into.glob(f"{package}_*.deb"), None)
    if archive is None or not run(["dpkg-deb", "-x", str(archive), "debian"], into, tried):
        return False
    archive.unlink()
    (into / "debian" / file).rename(into / Path(file).name)
    shutil.rmtree(into / "debian")
    return True


def run(command: Sequence[str], folder: Path, tried: list[str]) -> bool:
    """Whether it ended well; else what it said is in `tried`."""
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
