"""`aftercall audience load | list | start | pause | drop`: people who are asked without a call."""

import csv
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from aftercall.api import URL
from aftercall.commands.filters import whose
from aftercall.commands.options import Json, Key, Url, Workspace, Yes, agree
from aftercall.errors import Trouble, stop
from aftercall.tables import Column, lines, say_json

audience = typer.Typer(
    help="Audiences: people from a file, asked by a flow of their own.", no_args_is_help=True
)
PART = 1_000  # people in one request
SHOWN = 20  # wrong lines, at most
FIELDS = ("name", "customer_id", "language", "queue", "agent", "team", "our_number")
LONGEST = 4_000  # characters of a cell
_COLUMNS = (
    Column("audience", lambda row: row["id"], 24),
    Column("state", lambda row: row["state"], 8),
    Column("people", lambda row: row["people"], 9, right=True),
    Column("waiting", lambda row: row["waiting"], 9, right=True),
    Column("asked", lambda row: row["asked"], 9, right=True),
    Column("an hour", lambda row: row["per_hour"], 7, right=True),
)
Name = Annotated[str, typer.Argument(help="Which: small letters, digits, - and _.")]
PerHour = Annotated[int | None, typer.Option(help="People an hour; 1000 unless it was said.")]


class _Audiences:
    """The API's audiences of one workspace."""

    def __init__(self, key: str | None, url: str, workspace: str | None) -> None:
        self._api, self._whose = whose(url, key, workspace)

    def ask(self, method: str, path: str = "", *, json: Any = None) -> Any:
        return self._api.request(method, f"/v1/audiences{path}", params=self._whose, json=json)


@audience.command("load")
def load(
    name: Name,
    file: Annotated[Path, typer.Argument(help="CSV with a head; - reads a pipe.")],
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    region: Annotated[
        str | None, typer.Option(help="Country of numbers without a country code, such as IN.")
    ] = None,
    start: Annotated[bool, typer.Option("--start", help="And begin to ask.")] = False,
    as_json: Json = False,
) -> None:
    """Add the people of a file; make the audience, paused, where it is new.

    The head names the columns: address, and any of name, customer_id, language, queue, agent, team,
    our_number. Other columns are attributes of their own. The key needs the scope config:write.

    Example: aftercall audience load spring people.csv --region IN --start
    """
    audiences = _Audiences(key, url, workspace)
    stored = twice = wrong = 0
    with _opened(file) as text:
        for part in _parts(_people(text, file)):
            body = {"people": [person for _, person in part], "region": region}
            told = audiences.ask("POST", f"/{name}/people", json=body)
            stored, twice = stored + told["stored"], twice + told["twice"]
            for error in told["errors"]:
                wrong += 1
                if wrong <= SHOWN:
                    typer.echo(f"line {part[error['row']][0]}: {error['message']}", err=True)
    if wrong > SHOWN:
        typer.echo(f"and {wrong - SHOWN} more lines", err=True)
    counts = {"stored": stored, "twice": twice, "errors": wrong}
    row = audiences.ask("PATCH", f"/{name}", json={"state": "running"}) if start else None
    if as_json:
        say_json({**counts, "audience": row or audiences.ask("GET", f"/{name}")})
        return
    typer.echo(f"{name}: {stored} added, {twice} were in it, {wrong} could not be read")
    if row:
        _say(row)
    if wrong and not stored + twice:
        stop(f"nobody of {file} is in {name}")


@audience.command("list")
def show(
    key: Key = None, workspace: Workspace = None, url: Url = URL, as_json: Json = False
) -> None:
    """Which there are, how many wait in each, and how many were asked."""
    told = _Audiences(key, url, workspace).ask("GET")
    if as_json:
        say_json(told)
        return
    for line in lines(_COLUMNS, told["audiences"]) if told["audiences"] else ["no audiences"]:
        typer.echo(line)


@audience.command("start")
def start(
    name: Name,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    per_hour: PerHour = None,
    as_json: Json = False,
) -> None:
    """Begin to ask, or go on. The key needs the scope config:write."""
    _say(_change(name, "running", per_hour, _Audiences(key, url, workspace)), as_json=as_json)


@audience.command("pause")
def pause(
    name: Name,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Ask nobody more until it is started again. The key needs the scope config:write."""
    _say(_change(name, "paused", None, _Audiences(key, url, workspace)), as_json=as_json)


@audience.command("drop")
def drop(
    name: Name,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Forget an audience and who waits in it. The key needs the scope config:write."""
    agree(f"Nobody who waits in {name} will be asked. Go on?", yes=yes)
    _Audiences(key, url, workspace).ask("DELETE", f"/{name}")
    if as_json:
        say_json({"dropped": name})
    else:
        typer.echo(f"{name}: dropped")


def _change(name: str, state: str, per_hour: int | None, audiences: _Audiences) -> Any:
    body: dict[str, Any] = {"state": state}
    if per_hour is not None:
        body["per_hour"] = per_hour
    return audiences.ask("PATCH", f"/{name}", json=body)


def _say(row: Any, *, as_json: bool = False) -> None:
    if as_json:
        say_json(row)
        return
    typer.echo(
        f"{row['id']}: {row['state']}, {row['per_hour']} an hour;"
        f" {row['waiting']} wait, {row['asked']} were asked, {sum(row['not_asked'].values())} not"
    )
    for reason, count in sorted(row["not_asked"].items(), key=lambda item: -item[1]):
        typer.echo(f"  {count} {reason}")


def _opened(file: Path) -> TextIO:
    try:
        return sys.stdin if str(file) == "-" else file.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise Trouble(f"{file} cannot be read: {error.strerror}") from None


def _people(text: TextIO, file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(the line, who). Raises `Trouble` for what is no CSV with addresses."""
    try:
        beginning = text.readline()
        dialect = ";" if beginning.count(";") > beginning.count(",") else ","
        head = [one.strip().lower() for one in next(csv.reader([beginning], delimiter=dialect))]
        if "address" not in head:
            raise Trouble(f"{file} needs a first line that names its columns, one of them address")
        rows = csv.reader(text, delimiter=dialect)
        for row in rows:
            cells = {
                name: cell.strip()[:LONGEST]
                for name, cell in zip(head, row, strict=False)
                if cell.strip()
            }
            if not cells:
                continue
            person: dict[str, Any] = {"address": cells.pop("address", "")[:300]}
            person |= {name: cells.pop(name)[:200] for name in FIELDS if name in cells}
            if cells:
                person["attributes"] = cells
            yield rows.line_num + 1, person
    except (UnicodeDecodeError, csv.Error) as error:
        why = "" if isinstance(error, UnicodeDecodeError) else f" ({error})"
        raise Trouble(f"{file} is no CSV in UTF-8{why}: save it as one") from None
    except StopIteration:
        raise Trouble(f"{file} is empty") from None


def _parts(
    found: Iterator[tuple[int, dict[str, Any]]],
) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    while part := list(islice(found, PART)):
        yield part
