"""`aftercall rebuild-rollups`: every score counted again from its rows."""

import typer

from aftercall.commands.options import DEFAULT_DATA, Data
from aftercall.runtime import with_runtime
from analytics.service import rebuild


def rebuild_rollups(data: Data = DEFAULT_DATA) -> None:
    """Recount every score from its rows, say what differed, and set it right."""
    differences = with_runtime(data, lambda runtime: rebuild(runtime.db))
    for difference in differences:
        typer.echo(str(difference))
    typer.echo(f"{len(differences)} cells differed")
    if differences:
        raise typer.Exit(1)
