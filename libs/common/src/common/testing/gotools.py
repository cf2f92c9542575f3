"""Tools that are Go modules, built once per machine: they check what is deployed."""

import os
import subprocess
from pathlib import Path

from common.testing.jars import cache_folder
from common.testing.shared import locked

KUSTOMIZE = ("sigs.k8s.io/kustomize/kustomize/v5", "v5.8.1")
COMPOSE = ("github.com/compose-spec/compose-go/v2/cmd", "v2.10.2")  # what docker compose loads with


def built(module: str, version: str, *, cache: Path | None = None) -> Path:
    """The program of a main package. Raises `RuntimeError` that says what was tried."""
    folder = (cache or cache_folder()) / "go" / f"{module.replace('/', '_')}@{version}"
    done = folder / "complete"
    with locked(folder.parent / f"{folder.name}.lock"):
        if not done.exists():
            _install(f"{module}@{version}", folder)
            done.touch()
    (program,) = (path for path in folder.iterdir() if path != done)
    return program


def _install(package: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["go", "install", "-buildvcs=false", package]
    try:
        run = subprocess.run(  # noqa: S603 - our own command
            command,
            env={**os.environ, "GOBIN": str(folder), "GOFLAGS": ""},
            capture_output=True,
            timeout=900,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(f"tried `{' '.join(command)}`: {error}") from error
    if run.returncode:
        said = (run.stdout + run.stderr).decode(errors="replace")[-2000:]
        raise RuntimeError(f"tried `{' '.join(command)}`, which failed:\n{said}")
