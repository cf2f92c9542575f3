"""`aftercall dead | keys | rebuild-rollups`: looking after a platform, next to its database."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from aftercall.ending import stop
from aftercall.masking import masked_bytes, masked_text
from aftercall.run import DEFAULT_DATA, settings_for, settings_problem
from analytics.service import rebuild
from common.process.runtime import Runtime
from common.process.service import open_runtime
from common.streams.dead_letters import DeadRecord, list_dead, redrive
from common.telemetry import logging
from common.topics import TOPICS, intake
from orchestrator.service.configuration.keys import SCOPES, create_key

T = TypeVar("T")
_NAME = re.compile(r"(.+)\[(\d+)\]@(\d+)")
_SEARCHED = 100_000  # dead records of a topic that are looked through for one
dead = typer.Typer(help="Records that could not be used.", no_args_is_help=True)
keys = typer.Typer(help="API keys.", no_args_is_help=True)
Data = Annotated[Path, typer.Option(help="The data folder, unless AFTERCALL_DATABASE_URL is set.")]
Topic = Annotated[str | None, typer.Argument(help="A topic, without .dead; all when left out.")]


def _with_runtime(data: Path, work: Callable[[Runtime], Awaitable[T]]) -> T:
    """Runs `work` on the platform's database and bus, whether or not the platform is up."""

    async def go() -> T:
        async with open_runtime(settings) as runtime:
            return await work(runtime)

    try:
        with settings_for(data, 0, log_level="WARNING", beside=True) as settings:
            logging.set_up(settings.log_level)
            return asyncio.run(go())
    except ValidationError as problem:
        stop(settings_problem(problem))


async def _topics(runtime: Runtime, topic: str | None) -> list[str]:
    if topic:
        return [topic]
    config = await runtime.config.current()
    sources = [source for workspace in config.workspaces.values() for source in workspace.sources]
    return [*(known.name for known in TOPICS), *(intake(source) for source in sources)]


@dead.command("list")
def list_records(topic: Topic = None, data: Data = DEFAULT_DATA, limit: int = 100) -> None:
    """What lies in the dead topics: where it came from, whose trouble it is, why."""

    async def work(runtime: Runtime) -> int:
        count = 0
        for name in await _topics(runtime, topic):
            for record in await list_dead(runtime.bus, name, limit=limit):
                error = masked_text(record.error)
                typer.echo(f"{record.at}  {_where(record)}  {record.group}  {error}")
                count += 1
        return count

    count = _with_runtime(data, work)
    typer.echo(f"{count} dead {'record' if count == 1 else 'records'}")


@dead.command("show")
def show_record(
    record: Annotated[str, typer.Argument(help="As `list` names it: TOPIC[PARTITION]@OFFSET.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """All about one dead record; numbers and addresses in it are not shown."""
    named = _NAME.fullmatch(record)
    if named is None:
        stop(f"{record}: a record is named TOPIC[PARTITION]@OFFSET, as `aftercall dead list` does")

    async def work(runtime: Runtime) -> list[DeadRecord]:
        listed = await list_dead(runtime.bus, named[1], limit=_SEARCHED)
        return [one for one in listed if _where(one) == record]

    found = _with_runtime(data, work)
    if not found:
        stop(f"{record}: not among the dead records that were not redriven")
    typer.echo("\n\n".join(_shown(one) for one in found))


def _where(record: DeadRecord) -> str:
    return f"{record.origin.topic}[{record.origin.number}]@{record.offset}"


def _shown(record: DeadRecord) -> str:
    lines = {
        "record": _where(record),
        "dead since": record.at,
        "not usable by": record.group,
        "because": masked_text(record.error),
        "key": masked_bytes(record.key) if record.key else "none",
        "size": f"{len(record.value)} bytes",
    }
    facts = "\n".join(f"{name + ':':<14} {value}" for name, value in lines.items())
    return f"{facts}\n{masked_bytes(record.value)}"


@dead.command("redrive")
def redrive_records(topic: Topic = None, data: Data = DEFAULT_DATA) -> None:
    """Send dead records round again, after what was wrong with them or with us is mended."""

    async def work(runtime: Runtime) -> int:
        return sum([await redrive(runtime.bus, name) for name in await _topics(runtime, topic)])

    count = _with_runtime(data, work)
    typer.echo(f"{count} {'record' if count == 1 else 'records'} sent round again")


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

    typer.echo(_with_runtime(data, work))


def rebuild_rollups(data: Data = DEFAULT_DATA) -> None:
    """Recount every score from its rows, say what differed, and set it right."""
    differences = _with_runtime(data, lambda runtime: rebuild(runtime.db))
    for difference in differences:
        typer.echo(str(difference))
    typer.echo(f"{len(differences)} cells differed")
    if differences:
        raise typer.Exit(1)
