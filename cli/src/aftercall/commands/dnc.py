"""`aftercall dnc load | list | export`: do-not-contact lists, from files of millions of lines."""

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from aftercall.api import Api, ApiProblem, default_url
from aftercall.commands.options import Key, Url, Workspace
from aftercall.errors import stop

dnc = typer.Typer(
    help="Do-not-contact lists: nobody on one is ever asked.",
    no_args_is_help=True,
)
PART = 5_000  # lines in one request
SHOWN = 20  # wrong lines, at most
FEW = 0.01  # share of wrong lines that is no sign of another kind of file
_SEPARATORS = re.compile(r"[,;\t]")
Name = Annotated[str, typer.Argument(help="Which list: small letters, digits, - and _.")]
Line = tuple[int, str]  # its number, the address in it


class _Lists:
    """The API's do-not-contact lists of one workspace."""

    def __init__(self, key: str | None, url: str, workspace: str | None) -> None:
        if not key:
            stop("an API key is needed: --key or AFTERCALL_KEY")
        self._api = Api(url, key)
        self._whose = {"workspace": workspace} if workspace else {}

    def ask(self, method: str, path: str = "", *, json: Any = None, **params: Any) -> Any:
        told = {name: value for name, value in params.items() if value is not None}
        try:
            return self._api.request(
                method, f"/v1/do-not-contact{path}", params={**self._whose, **told}, json=json
            )
        except ApiProblem as problem:
            stop("\n".join([str(problem), *(f"{field}: {why}" for field, why in problem.errors)]))


@dnc.command("load")
def load(
    name: Name,
    file: Annotated[Path, typer.Argument(help="Addresses in the first column; - reads a pipe.")],
    key: Key = None,
    workspace: Workspace = None,
    url: Url = default_url(),
    region: Annotated[
        str | None, typer.Option(help="Country of numbers without a country code, such as IN.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also when many lines cannot be read.")
    ] = False,
) -> None:
    """Replace a list by a file: as a whole, once all of it is there. Until then it is as it was."""
    lists = _Lists(key, url, workspace)
    with _opened(file) as lines:
        begun = lists.ask("POST", f"/{name}/loads")["load"]
        place, count, wrong = f"/{name}/loads/{begun}", 0, 0
        for part in _parts(_addresses(lines)):
            body = {"addresses": [address for _, address in part], "region": region}
            told = lists.ask("POST", f"{place}/entries", json=body)
            for error in told["errors"]:
                wrong += 1
                if wrong <= SHOWN:
                    typer.echo(f"line {part[error['row']][0]}: {error['message']}", err=True)
            count += len(part)
            if sys.stderr.isatty():
                typer.echo(f"\r{count} lines", err=True, nl=False)
    if wrong > SHOWN:
        typer.echo(f"and {wrong - SHOWN} more lines", err=True)
    if not count:
        stop(f"{file} has no line with an address; the list {name} is as it was")
    if wrong > count * FEW and not anyway:
        stop(
            f"{wrong} of {count} lines cannot be read, so the list {name} is as it was;"
            " --anyway takes the others"
        )
    entries = lists.ask("POST", f"{place}/finish")["entries"]
    typer.echo(f"{name}: {entries} people, of {count} lines; {wrong} could not be read")


@dnc.command("list")
def show(key: Key = None, workspace: Workspace = None, url: Url = default_url()) -> None:
    """Which there are, how many people are on each, since when and by whom."""
    for one in _Lists(key, url, workspace).ask("GET")["lists"]:
        typer.echo(f"{one['id']}  {one['entries']}  {one['loaded_at']}  {one['loaded_by']}")


@dnc.command("export")
def export(
    name: Name, key: Key = None, workspace: Workspace = None, url: Url = default_url()
) -> None:
    """Print the addresses of a list, a line each."""
    lists, after = _Lists(key, url, workspace), None
    while True:
        page = lists.ask("GET", f"/{name}/entries", after=after)
        for one in page["entries"]:
            typer.echo(one["address"])
        if (after := page["next"]) is None:
            return


def _opened(file: Path) -> TextIO:
    try:
        # Latin-1 reads every byte, and what we look for is ASCII.
        return sys.stdin if str(file) == "-" else file.open(encoding="latin-1")
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}")


def _addresses(lines: Iterable[str]) -> Iterator[Line]:
    """Without empty lines and without a head."""
    for number, line in enumerate(lines, 1):
        address = _SEPARATORS.split(line, 1)[0].strip("\xef\xbb\xbf\ufeff\"' \r\n")[:300]
        is_head = number == 1 and "@" not in address and not any(c.isdigit() for c in address)
        if address and not is_head:
            yield number, address


def _parts(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while part := list(islice(lines, PART)):
        yield part
