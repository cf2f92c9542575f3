"""`aftercall rebuild-rollups`: every figure counted again from its rows."""

from typing import Annotated

import typer

from aftercall.commands.options import DEFAULT_DATA, Data, Json
from aftercall.runtime import with_runtime
from aftercall.tables import say_json
from analytics.domain.differences import Difference
from analytics.service import move_days, rebuild
from common.process.runtime import Runtime


def rebuild_rollups(
    data: Data = DEFAULT_DATA,
    redays: Annotated[
        bool,
        typer.Option(
            "--redays",
            help="First count every call on its day in the zone that its workspace has now;"
            " without this a changed zone leaves old figures as they were.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Recount every figure from what is stored, say what differed, and set it right.

    Safe beside running services. Ends with status 1 when something differed.
    """

    async def work(runtime: Runtime) -> list[Difference]:
        if redays:
            for workspace, (zone, calls) in (await move_days(runtime.db, runtime.config)).items():
                typer.echo(f"{workspace}: {calls} {_calls(calls)} moved to days of {zone}")
        return await rebuild(runtime.db)

    differences = with_runtime(data, work)
    if as_json:
        say_json({"differed": [str(difference) for difference in differences]})
    for difference in () if as_json else differences:
        typer.echo(str(difference))
    if not as_json:
        typer.echo(
            f"{len(differences)} {'figure' if len(differences) == 1 else 'figures'} differed"
        )
    if differences:
        raise typer.Exit(1)


def _calls(count: int) -> str:
    return "call" if count == 1 else "calls"
