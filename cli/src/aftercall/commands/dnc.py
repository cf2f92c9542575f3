"""`aftercall dnc load | list | export`: do-not-contact lists, from files of millions of lines."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from aftercall.api import URL
from aftercall.commands.filters import whose
from aftercall.commands.options import Json, Key, Url, Workspace
from aftercall.errors import Trouble
from aftercall.tables import Column, lines, say_json

dnc = typer.Typer(
    help="Do-not-contact lists: nobody on one is ever asked.",
    no_args_is_help=True,
)
PART = 5_000  # lines in one request
SHOWN = 20  # wrong lines, at most
FEW = 0.01  # share of wrong lines that is no sign of another kind of file
_SEPARATORS = re.compile(r"[,;\t]")
_COLUMNS = (
    Column("list", lambda row: row["id"], 24),
    Column("people", lambda row: row["entries"], 9, right=True),
    Column("loaded", lambda row: str(row["loaded_at"])[:10], 10),
    Column("by", lambda row: row["loaded_by"], 30),
)
Name = Annotated[str, typer.Argument(help="Which list: small letters, digits, - and _.")]
Line = tuple[int, str]  # its number, the address in it


class _Lists:
    """The API's do-not-contact lists of one workspace."""

    def __init__(self, key: str | None, url: str, workspace: str | None) -> None:
        self._api, self._whose = whose(url, key, workspace)

    def ask(self, method: str, path: str = "", *, json: Any = None, **params: Any) -> Any:
        told = {name: value for name, value in params.items() if value is not None}
        return self._api.request(
            method, f"/v1/do-not-contact{path}", params={**self._whose, **told}, json=json
        )


@dnc.command("load")
def load(
    name: Name,
    file: Annotated[Path, typer.Argument(help="Addresses in the first column; - reads a pipe.")],
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    region: Annotated[
        str | None, typer.Option(help="Country of numbers without a country code, such as IN.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also when many lines cannot be read.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Replace a list by a file: as a whole, once all of it is there. Until then it is as it was.

    The key needs the scope consent:write.

    Example: aftercall dnc load dnd-india registry.csv --region IN
    """
    lists = _Lists(key, url, workspace)
    place, count, wrong = f"/{name}/loads", 0, 0
    with _opened(file) as text:
        for part in _parts(_addresses(text, f"{file}; the list {name} is as it was")):
            body = {"addresses": [address for _, address in part], "region": region}
            told = lists.ask("POST", place, json=body)
            place = f"/{name}/loads/{told['load']}"
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
        raise Trouble(f"{file} has no line with an address; the list {name} is as it was")
    if wrong > count * FEW and not anyway:
        raise Trouble(
            f"{wrong} of {count} lines cannot be read, so the list {name} is as it was;"
            " --anyway takes the others"
        )
    entries = lists.ask("PATCH", place, json={"finished": True})["entries"]
    if as_json:
        say_json({"list": name, "people": entries, "lines": count, "wrong": wrong})
        return
    typer.echo(f"{name}: {entries} people, of {count} lines; {wrong} could not be read")


@dnc.command("list")
def show(
    key: Key = None, workspace: Workspace = None, url: Url = URL, as_json: Json = False
) -> None:
    """Which there are, how many people are on each, since when and by whom."""
    told = _Lists(key, url, workspace).ask("GET")
    if as_json:
        say_json(told)
        return
    for line in lines(_COLUMNS, told["lists"]) if told["lists"] else ["no lists"]:
        typer.echo(line)


@dnc.command("export")
def export(
    name: Name,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Print the addresses of a list, a line each; with --json each entry as it is.

    The key needs the scope consent:write.
    """
    lists, cursor = _Lists(key, url, workspace), None
    while True:
        page = lists.ask("GET", f"/{name}/entries", cursor=cursor)
        for one in page["entries"]:
            typer.echo(json.dumps(one, ensure_ascii=False) if as_json else one["address"])
        if (cursor := page["next_cursor"]) is None:
            return


def _opened(file: Path) -> TextIO:
    try:
        # Latin-1 reads every byte, and what we look for is ASCII.
        return sys.stdin if str(file) == "-" else file.open(encoding="latin-1")
    except OSError as error:
        raise Trouble(f"{file} cannot be read: {error.strerror}") from None


def _addresses(text: Iterable[str], of: str) -> Iterator[Line]:
    """Without empty lines and without a head. Raises `Trouble` for what is another kind of file."""
    for number, line in enumerate(text, 1):
        if "\0" in line:
            raise Trouble(f"no text in UTF-8, save it as one: {of}")
        address = _SEPARATORS.split(line, 1)[0].strip("\xef\xbb\xbf\ufeff\"' \r\n")[:300]
        is_head = number == 1 and "@" not in address and not any(c.isdigit() for c in address)
        if address and not is_head:
            yield number, address


def _parts(found: Iterator[Line]) -> Iterator[list[Line]]:
    while part := list(islice(found, PART)):
        yield part
