"""`aftercall diff | apply | export`: configuration as files, by way of the REST API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from aftercall import changes, files
from aftercall.api import URL, Api, ApiProblem
from aftercall.commands.event_options import show
from aftercall.commands.options import Json, Key, Url, Yes, agree, api_of
from aftercall.errors import stop
from aftercall.tables import say_json
from common.config.documents import parse_document
from common.errors import BadInput
from ingest.vendors import validate_source

File = Annotated[
    Path,
    typer.Argument(help="A YAML file; see examples/. Several workspaces: --- between them."),
]
Prune = Annotated[
    bool, typer.Option(help="Also remove what the workspace has and the file does not name.")
]


@dataclass(frozen=True, slots=True)
class Planned:
    """What applying one workspace of a file would change. `before` is its export."""

    file: files.ConfigFile
    answer: Mapping[str, Any]
    before: changes.Bodies

    def lines(self) -> Iterator[tuple[str, str | None]]:
        after = changes.bodies_of(self.file.body)
        yield from changes.described(self.answer["changes"], self.before, after)
        for warning in self.answer.get("warnings", ()):
            where = self.file.where(warning["field"])
            yield f"! {where}: {warning['field']}: {warning['message']}", "yellow"


def diff(
    file: File,
    *,
    key: Key = None,
    url: Url = URL,
    prune: Prune = False,
    as_json: Json = False,
) -> None:
    """Show what `apply` would change, old and new values. Changes nothing.

    The key needs the scope config:write.
    """
    api = api_of(url, key)
    planned = _planned(file, api, prune=prune)
    if as_json:
        say_json({"workspaces": [one.answer for one in planned]})
        return
    _tell(planned, "would change")


def apply(
    file: File,
    *,
    key: Key = None,
    url: Url = URL,
    prune: Prune = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make the configuration be what the file says: of each workspace all of it, or nothing.

    It asks before it changes an account or a source's secrets, or removes anything (--prune);
    --yes says so before. The key needs the scope config:write.
    """
    api = api_of(url, key)
    planned = _planned(file, api, prune=prune)
    if not as_json:
        _tell(planned, "changed", dry=True)
    if what := [line for one in planned for line in changes.to_be_agreed(one.answer["changes"])]:
        agree(f"This {'; '.join(what)}. Go on?", yes=yes)
    answers = [_put(one.file, api, prune=prune, dry_run=False) for one in planned]
    if as_json:
        say_json({"workspaces": answers})
    else:
        typer.echo(_counted(answers, "changed"))


def export(
    workspace: Annotated[list[str], typer.Argument(help="The workspace's id, or several.")],
    *,
    key: Key = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Print the configuration of workspaces as YAML, ready for `apply`.

    The key needs the scope config:write.
    """
    api = api_of(url, key)
    bodies = [api.request("GET", "/v1/config", params={"workspace": one}) for one in workspace]
    if as_json:
        say_json({"workspaces": bodies})
        return
    texts = [yaml.safe_dump(body, sort_keys=False, allow_unicode=True) for body in bodies]
    typer.echo("---\n".join(texts), nl=False)


def _planned(path: Path, api: Api, *, prune: bool) -> list[Planned]:
    """Of every workspace of the file, before anything is changed."""
    found = files.read_all(path)
    for file in found:
        _stop_at(file, _wrong_sources(file), "no vendor adapter takes this")
    planned = []
    for file in found:
        answer = _put(file, api, prune=prune, dry_run=True)
        planned.append(Planned(file, answer, _before(api, answer)))
    return planned


def _before(api: Api, answer: Mapping[str, Any]) -> changes.Bodies:
    """Nothing where the workspace would be new."""
    if all(one["change"] == "added" for one in answer["changes"]):
        return {}
    params = {"workspace": answer["workspace"]}
    return changes.bodies_of(api.request("GET", "/v1/config", params=params))


def _put(file: files.ConfigFile, api: Api, *, prune: bool, dry_run: bool) -> Any:
    try:
        return api.request(
            "PUT",
            "/v1/config",
            params={"dry_run": dry_run, "prune": prune},
            json=file.body,
        )
    except ApiProblem as problem:
        _stop_at(file, problem.errors, "the platform does not take this")
        raise


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


def _tell(planned: Sequence[Planned], verb: str, *, dry: bool = False) -> None:
    """A line per document and per field; how many there are, unless they are still to come."""
    for one in planned:
        if len(planned) > 1:
            typer.secho(f"workspace {one.answer['workspace']}", bold=True)
        show(one.lines())
    if not dry:
        typer.echo(_counted([one.answer for one in planned], verb))


def _counted(answers: Sequence[Mapping[str, Any]], verb: str) -> str:
    count = sum(len(one["changes"]) for one in answers)
    if not count:
        return "nothing to change"
    return f"{count} {'document' if count == 1 else 'documents'} {verb}"
