"""How a command ends with an error that people read."""

from typing import NoReturn

import typer


def stop(text: str) -> NoReturn:
    """Says it in red, where errors go, and exits with status 1."""
    typer.secho(text, fg="red", err=True)
    raise typer.Exit(1)
