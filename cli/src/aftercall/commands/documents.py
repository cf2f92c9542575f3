"""`aftercall get | delete | history | restore KIND ID`: one document of the configuration."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote

import typer
import yaml

from aftercall.api import URL, Api, ApiProblem
from aftercall.changes import differences
from aftercall.commands.filters import chosen
from aftercall.commands.options import Json, Key, Url, Workspace, Yes, agree
from aftercall.errors import Trouble
from aftercall.tables import Column, lines, say_json
from common.config.models import KINDS
from common.wording import meant

Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"One of {', '.join(KINDS)}.")]
Identity = Annotated[str, typer.Argument(metavar="ID", help="Its id; of a number, the number.")]
Body: TypeAlias = Mapping[str, Any] | None


def get(
    kind: Kind,
    identity: Identity,
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Print one document of the configuration, as it was written, as YAML.

    The key needs the scope config:write.

    Example: aftercall get flow csat-after-calls
    """
    path = _path(kind, identity)
    api, params = chosen(url, key, workspace)
    found = api.request("GET", path, params=params)
    if as_json:
        say_json(found)
    else:
        text = yaml.safe_dump({f"{kind}s": [found]}, sort_keys=False, allow_unicode=True)
        typer.echo(text, nl=False)


def delete(
    kind: Kind,
    identity: Identity,
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove one document, unless another needs it. Asks of a flow that are not out do not go.

    The key needs the scope config:write.

    Example: aftercall delete flow csat-after-calls
    """
    path = _path(kind, identity)
    api, params = chosen(url, key, workspace)
    api.request("GET", path, params=params)  # what is not there needs no yes
    agree(f"This removes the {kind} {identity}. Go on?", yes=yes)
    try:
        told = api.request("DELETE", path, params=params)
    except ApiProblem as problem:
        if not problem.errors:
            raise
        needing = dict.fromkeys(field.rpartition(".")[0] for field, _ in problem.errors)
        raise Trouble(f"{kind} {identity} stays, for it is needed: {', '.join(needing)}") from None
    if as_json:
        say_json(told)
    else:
        typer.echo(f"{kind} {identity} is removed")


def history(
    kind: Kind,
    identity: Identity,
    *,
    values: Annotated[bool, typer.Option("--values", help="Old and new values, too.")] = False,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Who changed a document, when, and which of its fields: the last fifty versions.

    The key needs the scope config:write.

    Example: aftercall history flow csat-after-calls --values
    """
    _path(kind, identity)
    api, params = chosen(url, key, workspace)
    params = {**params, "kind": kind, "id": identity}
    told = api.request("GET", "/v1/config/changes", params=params)["changes"]
    if as_json:
        say_json(told)
        return
    if not told:
        raise Trouble(f"there was never a {kind} {identity} in the workspace")
    head, *versions = lines(_VERSIONS, told)
    typer.echo(head)
    for line, row in zip(versions, told, strict=True):
        typer.echo(line)
        if values:
            _say_values(row["before"], row["after"])


def restore(
    kind: Kind,
    identity: Identity,
    version: Annotated[int, typer.Argument(help="As `history` tells it.")],
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make a document what it was after a version of its history; says first what would change.

    The key needs the scope config:write.

    Example: aftercall restore flow csat-after-calls 3
    """
    path = f"{_path(kind, identity)}/restore"
    api, params = chosen(url, key, workspace)
    body = {"version": version}
    told = api.request("POST", path, params={**params, "dry_run": "true"}, json=body)
    if not told["changes"]:
        if as_json:
            say_json(told)
        else:
            typer.echo(f"{kind} {identity} is as it was in version {version}")
        return
    if not as_json:
        _say_values(*_now_and_then(api, params, kind, identity, version))
    agree(f"This makes the {kind} {identity} what it was in version {version}. Go on?", yes=yes)
    told = api.request("POST", path, params=params, json=body)
    if as_json:
        say_json(told)
    else:
        typer.echo(f"{kind} {identity} is as it was in version {version}")


def _now_and_then(
    api: Api, params: Mapping[str, str], kind: str, identity: str, version: int
) -> tuple[Body, Body]:
    """The document as it is, and as it was, however long ago; None where it was not."""
    rows = _versions(api, {**params, "kind": kind, "id": identity, "limit": "500"})
    newest = next(rows, None)
    if newest is None:
        return None, None
    every = chain([newest], rows)
    return newest["after"], next((r["after"] for r in every if r["version"] == version), None)


def _versions(api: Api, params: Mapping[str, str]) -> Iterator[Any]:
    """All, the newest first."""
    page = api.request("GET", "/v1/config/changes", params=params)
    yield from page["changes"]
    while page["next_cursor"] is not None:
        more = {**params, "cursor": page["next_cursor"]}
        page = api.request("GET", "/v1/config/changes", params=more)
        yield from page["changes"]


def _say_values(before: Body, after: Body) -> None:
    for line in differences(before or {}, after or {}):
        typer.echo(line)


def _fields(row: Any) -> str:
    if row["before"] is None or row["after"] is None:
        return "added" if row["before"] is None else "removed"
    names = sorted(row["before"].keys() | row["after"].keys())
    return ", ".join(n for n in names if row["before"].get(n) != row["after"].get(n))


_VERSIONS = (
    Column("version", lambda row: row["version"], 7, right=True),
    Column("changed", lambda row: str(row["changed_at"])[:16].replace("T", " "), 16),
    Column("by", lambda row: row["changed_by"], 24),
    Column("fields", _fields, 28),
)


def _path(kind: str, identity: str) -> str:
    if kind not in KINDS:
        singular = kind.removesuffix("s")
        near = f"; did you mean {singular}?" if singular in KINDS else meant(kind, KINDS)
        raise Trouble(f"{kind}: there is no such kind{near}; there are {', '.join(KINDS)}")
    return f"/v1/config/documents/{kind}/{quote(identity, safe='')}"
