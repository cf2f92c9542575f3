"""What `verify-event` and `send-test-event` have in common: the body, the workspace, the output."""

import sys
from collections.abc import Iterable
from pathlib import Path

import typer

from aftercall.api import Api
from aftercall.errors import stop
from aftercall.platform_queries import choose_workspace


def read_body(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        stop(f"{file}: {error.strerror}")


def workspace_of_key(api: Api, named: str | None) -> str | None:
    return choose_workspace(api, named)


def show(lines: Iterable[tuple[str, str | None]]) -> None:
    for text, colour in lines:
        typer.secho(text, fg=colour)
