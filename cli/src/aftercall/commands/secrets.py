"""`aftercall secrets set | list | remove | reseal | new-master-key`: secrets of workspaces."""

import sys
from typing import Annotated, Any

import typer

from aftercall.api import URL
from aftercall.commands.filters import whose
from aftercall.commands.options import DEFAULT_DATA, Data, Json, Key, Url, Workspace
from aftercall.errors import WRONGLY_CALLED, Trouble, stop
from aftercall.runtime import with_runtime
from aftercall.tables import Column, lines, say_json
from common.process.runtime import Runtime
from common.sealing import new_key
from orchestrator.service.configuration.data_keys import rewrap
from orchestrator.service.configuration.secrets import WorkspaceSecrets

secrets = typer.Typer(
    help="Secrets of a workspace: documents name them secret:NAME; nobody is told them again.",
    no_args_is_help=True,
)
_COLUMNS = (
    Column("name", lambda row: row["name"], 24),
    Column("version", lambda row: row["version"], 7, right=True),
    Column("master key", lambda row: row["master_key"], 10, right=True),
    Column("written", lambda row: str(row["written_at"])[:10], 10),
    Column("by", lambda row: row["written_by"], 30),
)
Name = Annotated[str, typer.Argument(help="Small letters, digits, - and _.")]


def _asked(
    method: str, path: str, key: str | None, url: str, *, workspace: str | None, json: Any = None
) -> Any:
    api, params = whose(url, key, workspace)
    return api.request(method, path, params=params, json=json)


@secrets.command("set")
def write(
    name: Name,
    argument: Annotated[str | None, typer.Argument(hidden=True)] = None,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Write one, also anew. The value is asked for, or read from a pipe; never an argument."""
    if argument is not None:
        raise Trouble(
            "the value is no argument, for it would stay in the history of your shell: leave it"
            " out, and it is asked for; or pipe it in",
            WRONGLY_CALLED,
        )
    terminal = sys.stdin.isatty()
    value = typer.prompt("Value", hide_input=True) if terminal else sys.stdin.read(16_384)
    told = _asked(
        "PUT", f"/v1/secrets/{name}", key, url, workspace=workspace, json={"value": value.strip()}
    )
    if as_json:
        say_json(told)
        return
    typer.echo(f"secret:{told['name']} is written, version {told['version']}")


@secrets.command("list")
def show(
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Which there are, since when and by whom; never a value."""
    told = _asked("GET", "/v1/secrets", key, url, workspace=workspace)
    if as_json:
        say_json(told)
        return
    for line in lines(_COLUMNS, told["secrets"]) if told["secrets"] else ["no secrets"]:
        typer.echo(line)


@secrets.command("remove")
def remove(
    name: Name,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Remove one that no document refers to."""
    _asked("DELETE", f"/v1/secrets/{name}", key, url, workspace=workspace)
    if as_json:
        say_json({"removed": name})
        return
    typer.echo(f"secret:{name} is removed")


@secrets.command("reseal")
def reseal(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Seal everything by the first master key, so that the others can go. Next to the database."""

    async def work(runtime: Runtime) -> tuple[int, int]:
        keys = runtime.secrets.keys
        sealed = await WorkspaceSecrets(runtime.db, keys).reseal()
        return sealed, await rewrap(runtime.db, keys)

    try:
        sealed, wrapped = with_runtime(data, work)
    except LookupError as error:
        stop(str(error))
    if as_json:
        say_json({"resealed": sealed, "data_keys": wrapped})
        return
    typer.echo(f"{_counted(sealed, 'secret')} and {_counted(wrapped, 'data key')} sealed anew")


def _counted(count: int, what: str) -> str:
    return f"{count} {what if count == 1 else f'{what}s'}"


@secrets.command("new-master-key")
def make(
    number: Annotated[int, typer.Argument(min=1, help="Another one than those in use.")] = 1,
    as_json: Json = False,
) -> None:
    """Print a fresh master key; put it in front of the others in AFTERCALL_MASTER_KEYS."""
    key = new_key(number)
    if as_json:
        say_json({"number": number, "key": key})
        return
    typer.echo(key)
