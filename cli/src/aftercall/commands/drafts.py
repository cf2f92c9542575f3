"""`aftercall drafts list | show | put | diff | publish | drop`: documents still being written."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
import yaml

from aftercall import changes, files
from aftercall.api import URL
from aftercall.commands.documents import Identity, Kind
from aftercall.commands.filters import chosen
from aftercall.commands.options import Json, Key, Url, Workspace, Yes, agree
from aftercall.errors import WRONGLY_CALLED, Trouble
from aftercall.tables import Column, lines, say_json

drafts = typer.Typer(
    help="Documents that are still being written: kept however wrong they are, and used by nothing"
    " until they are published.\n\nThe key needs the scope config:write.",
    no_args_is_help=True,
)
PATH = "/v1/config/drafts"
Names = Annotated[list[str] | None, typer.Argument(metavar="[KIND/ID]...", help="Which.")]
_COLUMNS = (
    Column("draft", lambda row: f"{row['kind']} {row['id']}", 26),
    Column("written", lambda row: str(row["written_at"])[:16].replace("T", " "), 16),
    Column("by", lambda row: row["written_by"], 16),
    Column("fields", lambda row: ", ".join(row["fields"]) or "none", 18),
)


@drafts.command("list")
def show_all(
    *, key: Key = None, workspace: Workspace = None, url: Url = URL, as_json: Json = False
) -> None:
    """What there is, and what has changed below it since."""
    api, params = chosen(url, key, workspace)
    told = api.request("GET", PATH, params=params)["drafts"]
    if as_json:
        say_json(told)
        return
    if not told:
        typer.echo("there are no drafts")
        return
    head, *rows = lines(_COLUMNS, told)
    typer.echo(head)
    for line, row in zip(rows, told, strict=True):
        typer.echo(line)
        if row["moved"]:
            typer.echo(f"    changed by others since it began: {', '.join(row['moved'])}")


@drafts.command("show")
def show(
    kind: Kind,
    identity: Identity,
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Print a draft as YAML, with what is wrong with it as comments."""
    api, params = chosen(url, key, workspace)
    found = api.request("GET", _path(kind, identity), params=params)
    if as_json:
        say_json(found)
        return
    for line in _wrong(found):
        typer.echo(f"# {line}")
    text = yaml.safe_dump({f"{kind}s": [found["body"]]}, sort_keys=False, allow_unicode=True)
    typer.echo(text, nl=False)


@drafts.command("put")
def put(
    file: Annotated[Path, typer.Argument(help="A YAML file, as `apply` takes it.")],
    *,
    rebase: Annotated[
        bool, typer.Option("--rebase", help="They begin again, at the documents as they are now.")
    ] = False,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Keep the documents of a file as drafts; says what is wrong with each.

    Example: aftercall drafts put flow.yaml
    """
    api, params = chosen(url, key, workspace)
    told = []
    for section, place, identity, body in _documents(files.read(file)):
        path = _path(section.removesuffix("s"), identity)
        found = api.request("PUT", path, params={**params, "rebase": rebase}, json=body)
        told.append(found)
        if as_json:
            continue
        typer.echo(f"the {found['kind']} {found['id']} is kept as a draft ({place})")
        for line in _wrong(found):
            typer.secho(f"    {line}", fg="yellow")
    if as_json:
        say_json(told)


@drafts.command("diff")
def diff(
    kind: Kind,
    identity: Identity,
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Show what a draft changes, old and new values, and what others have changed since."""
    api, params = chosen(url, key, workspace)
    found = api.request("GET", _path(kind, identity), params=params)
    if as_json:
        say_json(found)
        return
    base, stored = found["base"] or {}, found["stored"] or {}
    for line in changes.differences(base, found["body"]):
        typer.echo(line)
    if not found["fields"]:
        typer.echo("it changes nothing")
    if found["moved"]:
        typer.echo("changed by others since it began:")
        for line in changes.differences(base, stored):
            typer.secho(line, fg="yellow")


@drafts.command("publish")
def publish(
    names: Names = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All there are.")] = False,
    yes: Yes = False,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Make documents of drafts, all of them or none, as `apply` would; then they are gone.

    It asks before it changes an account or a source's secrets; --yes says so before.

    Example: aftercall drafts publish survey/csat flow/billing
    """
    if bool(names) is everything:
        raise Trouble("say which, such as flow/billing, or --all", WRONGLY_CALLED)
    wanted = list(map(named, names or ()))
    api, params = chosen(url, key, workspace)
    if everything:
        listed = api.request("GET", PATH, params=params)["drafts"]
        wanted = [{"kind": one["kind"], "id": one["id"]} for one in listed]
        if not wanted:
            raise Trouble("there are no drafts")
    path, body = f"{PATH}/publish", {"drafts": wanted}
    planned = api.request("POST", path, params={**params, "dry_run": True}, json=body)
    if what := changes.to_be_agreed(planned["changes"]):
        agree(f"This {'; '.join(what)}. Go on?", yes=yes)
    told = api.request("POST", path, params=params, json=body)
    if as_json:
        say_json(told)
        return
    for one in told["changes"]:
        fields = f": {', '.join(one['fields'])}" if one["fields"] else ""
        typer.echo(f"{one['change']} {one['kind']} {one['id']}{fields}")
    for warning in planned["warnings"]:
        typer.secho(f"! {warning['field']}: {warning['message']}", fg="yellow")
    typer.echo(f"{len(wanted)} {'draft is' if len(wanted) == 1 else 'drafts are'} published")


@drafts.command("drop")
def drop(
    kind: Kind,
    identity: Identity,
    *,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Throw a draft away; the document stays as it is."""
    api, params = chosen(url, key, workspace)
    path = _path(kind, identity)
    api.request("GET", path, params=params)  # what is not there needs no yes
    agree(f"This throws the draft of the {kind} {identity} away. Go on?", yes=yes)
    api.request("DELETE", path, params=params)
    if as_json:
        say_json({"kind": kind, "id": identity, "dropped": True})
        return
    typer.echo(f"the draft of the {kind} {identity} is gone")


def named(told: str) -> dict[str, str]:
    """`flow/billing`. Raises `Trouble`."""
    kind, slash, identity = told.partition("/")
    if not slash or not kind or not identity:
        raise Trouble(f"{told}: a draft is named KIND/ID, such as flow/billing", WRONGLY_CALLED)
    return {"kind": kind, "id": identity}


def _documents(file: files.ConfigFile) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Section, place in the file, id, body."""
    for section, documents in file.body.items():
        for index, body in enumerate(documents):
            place = file.where(f"{section}.{index}")
            name = "number" if section == "numbers" else "id"
            if not isinstance(body, dict) or not isinstance(body.get(name), str):
                raise Trouble(f"{place}: a document needs its {name}")
            yield section, place, body[name], body


def _wrong(found: Mapping[str, Any]) -> Sequence[str]:
    told = [*found["errors"], *found["warnings"]]
    return [": ".join(filter(None, (one["field"], one["message"]))) for one in told]


def _path(kind: str, identity: str) -> str:
    return f"{PATH}/{quote(kind, safe='')}/{quote(identity, safe='')}"
