"""Options that several commands have, and what follows from them."""

from pathlib import Path
from typing import Annotated

import typer

from aftercall.api import Api
from aftercall.errors import WRONGLY_CALLED, Trouble

DEFAULT_DATA = Path(".aftercall")
PORT = 8080  # of `aftercall up`
Data = Annotated[Path, typer.Option(help="The data folder, unless AFTERCALL_DATABASE_URL is set.")]
Url = Annotated[str, typer.Option(envvar="AFTERCALL_URL", help="Where the platform answers.")]
Key = Annotated[str | None, typer.Option(envvar="AFTERCALL_KEY", help="An API key, ac_...")]
Workspace = Annotated[str | None, typer.Option(help="Which, where the key is good for several.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV, for spreadsheets.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def api_of(url: str, key: str | None) -> Api:
    """Raises `Trouble` without a key."""
    if not key:
        raise Trouble(
            "a key is needed: --key, or AFTERCALL_KEY. `aftercall up` prints the first one,"
            " `aftercall keys create` makes others",
            WRONGLY_CALLED,
        )
    return Api(url, key)


def agree(question: str, *, yes: bool) -> None:
    """Goes on when somebody says yes, or said so before. Raises `Trouble`."""
    if yes:
        return
    if not typer.get_text_stream("stdin").isatty():
        raise Trouble(f"{question} Nobody is there to be asked: say --yes, if so")
    typer.confirm(question, abort=True)
