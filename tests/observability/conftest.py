"""Prometheus' own checker, and what the files say."""

from collections.abc import Callable
from subprocess import CompletedProcess, run

import pytest

from common.testing.promtool import promtool

Promtool = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="session")
def checker() -> Promtool:
    """Runs `promtool` with these arguments; `stdin` is its standard input."""
    try:
        program = promtool()
    except RuntimeError as error:
        pytest.fail(str(error))

    def call(*arguments: str, stdin: str | None = None) -> CompletedProcess[str]:
        return run(
            [program, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return call
