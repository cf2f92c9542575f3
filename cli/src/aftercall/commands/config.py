"""`aftercall diff | apply | export`: configuration as files, by way of the REST API."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from aftercall import files
from aftercall.api import Api, ApiProblem, default_url
from aftercall.commands.options import Url
from aftercall.errors import stop
from common.config.documents import parse_document
from common.errors import BadInput
from ingest.vendors import validate_source

File = Annotated[Path, typer.Argument(help="A YAML file; see examples/.")]
Key = Annotated[str, typer.Option(envvar="AFTERCALL_KEY", help="An API key, ac_...")]
Prune = Annotated[bool, typer.Option(help="Also remove what the file does not name.")]


def diff(file: File, key: Key, url: Url = default_url(), prune: Prune = False) -> None:
    """Show what `apply` would change. Changes nothing."""
    _show(_put(file, Api(url, key), prune=prune, dry_run=True), "would change")


def apply(file: File, key: Key, url: Url = default_url(), prune: Prune = False) -> None:
    """Make the configuration be what the file says, all of it or nothing."""
    _show(_put(file, Api(url, key), prune=prune, dry_run=False), "changed")


def export(
    workspace: Annotated[str, typer.Argument(help="The workspace's id.")],
    key: Key,
    url: Url = default_url(),
) -> None:
    """Print a workspace's configuration as YAML, ready for `apply`."""
    try:
        body = Api(url, key).request("GET", "/v1/config", params={"workspace": workspace})
    except ApiProblem as problem:
        stop(str(problem))
    typer.echo(yaml.safe_dump(body, sort_keys=False, allow_unicode=True), nl=False)


def _put(path: Path, api: Api, *, prune: bool, dry_run: bool) -> Any:
    try:
        file = files.read(path)
    except files.FileProblem as problem:
        stop(str(problem))
    _stop_at(file, _wrong_sources(file), "no vendor adapter takes this")
    try:
        return api.request(
            "PUT",
            "/v1/config",
            params={"dry_run": dry_run, "prune": prune},
            json=file.body,
        )
    except ApiProblem as problem:
        _stop_at(file, problem.errors, str(problem))
        stop(f"{path}: {problem}")


def _stop_at(file: files.ConfigFile, errors: Sequence[tuple[str, str]], title: str) -> None:
    """Prints every error with its line; goes on when there is none."""
    if errors:
        lines = [f"{file.where(field)}: {field}: {message}" for field, message in errors]
        stop("\n".join([f"{title}:", *lines]))


def _wrong_sources(file: files.ConfigFile) -> list[tuple[str, str]]:
    """Which sources no adapter could read; ingest knows adapters, the API's service does not."""
    found: list[tuple[str, str]] = []
    for index, body in enumerate(file.body.get("sources", [])):
        try:
            source = parse_document("source", body)
        except BadInput:
            continue  # the API says what is wrong with its shape
        found += [(f"sources.{index}.{e.field}", e.message) for e in validate_source(source)]
    return found


def _show(answer: Any, verb: str) -> None:
    """One line per document: + added, ~ changed (which fields), - removed."""
    for change in answer["changes"]:
        sign, colour = {"added": ("+", "green"), "changed": ("~", "yellow")}.get(
            change["change"], ("-", "red")
        )
        fields = ", ".join(change.get("fields", ()))
        text = f"{sign} {change['kind']} {change['id']}" + (f": {fields}" if fields else "")
        typer.secho(text, fg=colour)
    for warning in answer.get("warnings", ()):
        typer.secho(f"! {warning['field']}: {warning['message']}", fg="yellow")
    count = len(answer["changes"])
    typer.echo(
        f"{count} {'document' if count == 1 else 'documents'} {verb}"
        if count
        else "nothing to change"
    )
