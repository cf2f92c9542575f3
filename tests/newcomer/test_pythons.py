"""Set-up takes a Python for which every dependency, as it is pinned, comes as a wheel."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")


@pytest.mark.e2e  # asks the package registry
@pytest.mark.parametrize(
    ("needed", "python"),
    [
        *(("run", f"3.{minor}") for minor in range(11, 15)),
        *((needed, "3.14") for needed in ("dev", "docs", "bench")),
    ],
)
def test_nothing_has_to_be_compiled(needed: str, python: str, tmp_path: Path) -> None:
    wanted = ROOT / "requirements" / f"{needed}.txt"
    options = ["--dry-run", "--target", tmp_path, "--python-version", python]
    told = subprocess.run(
        [
            UV,
            "pip",
            "install",
            *options,
            "--only-binary",
            ":all:",
            "--require-hashes",
            "-r",
            wanted,
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert told.returncode == 0, told.stderr
    assert "Would install" in told.stderr


def test_set_up_takes_the_first_python_that_will_do(tmp_path: Path) -> None:
    """A machine's own may be newer than our dependencies know, or older than we do."""
    _python(tmp_path / "bin" / "python3", 3, 15)
    _python(tmp_path / "bin" / "python3.14", 3, 14)

    told = _set_up(tmp_path)

    assert told.returncode == 0, told.stdout + told.stderr
    assert (tmp_path / ".venv" / "made-by").read_text() == "3.14\n"


@pytest.mark.parametrize("minor", [10, 15])
def test_a_python_that_will_not_do_is_said_to_be_one(minor: int, tmp_path: Path) -> None:
    _python(tmp_path / "bin" / "mine", 3, minor)

    told = _set_up(tmp_path, "PYTHON=mine")

    needed = "Python 3.11, 3.12, 3.13 or 3.14 is needed, which none of these is: mine."
    assert told.returncode != 0
    assert needed in told.stdout
    assert not (tmp_path / ".venv").exists()


def _set_up(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    (folder / "requirements").mkdir()
    (folder / "requirements" / "uv.txt").touch()
    return subprocess.run(
        ["make", "-f", ROOT / "Makefile", ".venv/bin/uv", *more],
        cwd=folder,
        env={"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def _python(place: Path, *version: int) -> None:
    """One that says that it is of this version, and makes an environment with a pip in it."""
    place.parent.mkdir(exist_ok=True)
    place.write_text(
        f"""#!/bin/sh
case "$1" in
-c) exec "{sys.executable}" -c "import sys; sys.version_info = {version}; $2" ;;
-m) mkdir -p "$3/bin"
    echo {".".join(map(str, version))} > "$3/made-by"
    printf '#!/bin/sh\\ntouch "$(dirname "$0")/uv"\\n' > "$3/bin/pip"
    chmod +x "$3/bin/pip" ;;
esac
"""
    )
    place.chmod(0o755)
