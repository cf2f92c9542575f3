"""A real Chromium for browser tests: the machine's, else Debian's package."""

import os
import shutil
import subprocess
from pathlib import Path

_INSTALL = (
    ("apt-get", "update", "-qq"),
    ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"),
)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> Path:
    """The program. Raises `RuntimeError` that says what was tried; tests never go without it."""
    if found := shutil.which("chromium"):
        return Path(found)
    tried = "chromium is not on the PATH"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in _INSTALL:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)  # noqa: S603
            tried = f"{' '.join(command)}: {done.stderr[-500:]}"
        if found := shutil.which("chromium"):
            return Path(found)
    raise RuntimeError(f"put chromium on the PATH (apt-get install chromium); tried: {tried}")
