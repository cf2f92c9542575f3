"""Every dependency, as it is pinned, comes as a wheel for every Python that the pages name."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")


@pytest.mark.e2e  # asks the package registry
@pytest.mark.parametrize(
    ("needed", "python"),
    [*(("run", f"3.{minor}") for minor in range(11, 15)), ("dev", "3.14"), ("docs", "3.14")],
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
