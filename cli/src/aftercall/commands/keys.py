"""`aftercall keys create`: API keys, made next to the database."""

from typing import Annotated

import typer

from aftercall.commands.options import DEFAULT_DATA, Data
from aftercall.errors import stop
from aftercall.runtime import with_runtime
from common.process.runtime import Runtime
from orchestrator.service.configuration.keys import SCOPES, create_key

keys = typer.Typer(help="API keys.", no_args_is_help=True)


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is for; people read it.")],
    scope: Annotated[list[str], typer.Option(help="May be given several times.")],
    workspace: Annotated[str | None, typer.Option(help="Leave out for an operator's key.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Make an API key and print it, this once."""
    if unknown := set(scope) - set(SCOPES):
        stop(f"unknown scope {', '.join(sorted(unknown))}; there are {', '.join(SCOPES)}")

    async def work(runtime: Runtime) -> str:
        async with runtime.db.transaction() as connection:
            return await create_key(connection, name=name, scopes=scope, workspace=workspace)

    typer.echo(with_runtime(data, work))
