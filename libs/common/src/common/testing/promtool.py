"""Prometheus' own checker: of the machine, else of Debian's package, else built by Go, once."""

import shutil
from pathlib import Path

from common.testing.debian import run, unpacked
from common.testing.jars import cache_folder
from common.testing.shared import locked

_MODULE, _VERSION = "github.com/prometheus/prometheus/cmd/promtool", "v0.307.3"
_PACKAGE = "prometheus"


def promtool(cache: Path | None = None) -> str:
    """Its path. Raises `RuntimeError` that says what was tried."""
    if found := shutil.which("promtool"):
        return found
    folder = (cache or cache_folder()) / "promtool"
    program = folder / "promtool"
    tried: list[str] = []
    with locked(folder.parent / "promtool.lock"):
        folder.mkdir(parents=True, exist_ok=True)
        if program.exists() or _of_debian(folder, tried) or _by_go(folder, tried):
            return str(program)
    raise RuntimeError(
        "The alert rules need promtool: install Debian's package `prometheus`, or Go, or put"
        " promtool on the PATH. Tried:\n" + "\n".join(tried)
    )


def _of_debian(folder: Path, tried: list[str]) -> bool:
    return unpacked(_PACKAGE, "usr/bin/promtool", folder, tried)


def _by_go(folder: Path, tried: list[str]) -> bool:
    """As a dependency of an empty module: `go install` takes none that excludes versions."""
    module = folder / "go"
    module.mkdir(exist_ok=True)
    (module / "go.mod").write_text("module rules\n")
    return run(["go", "get", f"{_MODULE}@{_VERSION}"], module, tried) and run(
        ["go", "build", "-buildvcs=false", "-o", str(folder / "promtool"), _MODULE], module, tried
    )
