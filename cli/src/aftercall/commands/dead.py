"""`aftercall dead list | show | redrive`: records that could not be used."""

import re
from typing import Annotated, Any

import typer

from aftercall.commands.options import DEFAULT_DATA, Data, Json
from aftercall.errors import Trouble, stop
from aftercall.masking import masked_bytes, masked_text
from aftercall.runtime import with_runtime
from aftercall.tables import say_json
from common.process.runtime import Runtime
from common.streams.dead_letters import DeadRecord, list_dead, redrive
from common.topics import TOPICS, intake
from common.wording import meant

_NAME = re.compile(r"(.+)\[(\d+)\]@(\d+)")
_SEARCHED = 100_000  # dead records of a topic that are looked through for one
dead = typer.Typer(help="Records that could not be used.", no_args_is_help=True)
Topic = Annotated[str | None, typer.Argument(help="A topic, without .dead; all when left out.")]


async def _topics(runtime: Runtime, topic: str | None) -> list[str]:
    config = await runtime.config.current()
    sources = [source for workspace in config.workspaces.values() for source in workspace.sources]
    found = [*(known.name for known in TOPICS), *(intake(source) for source in sources)]
    if topic is None:
        return found
    if topic not in found and not topic.startswith(intake("")):  # of a source that was
        rest = meant(topic, found) or f"; there are {', '.join(found)}"
        raise Trouble(f"there is no topic {topic}{rest}")
    return [topic]


@dead.command("list")
def list_records(
    topic: Topic = None,
    data: Data = DEFAULT_DATA,
    limit: Annotated[int, typer.Option(min=1, help="Records of each topic.")] = 100,
    as_json: Json = False,
) -> None:
    """What lies in the dead topics: where it came from, whose trouble it is, why."""

    async def work(runtime: Runtime) -> list[dict[str, Any]]:
        return [
            {
                "record": _where(record),
                "at": record.at,
                "group": record.group,
                "error": masked_text(record.error),
            }
            for name in await _topics(runtime, topic)
            for record in await list_dead(runtime.bus, name, limit=limit)
        ]

    found = with_runtime(data, work)
    if as_json:
        say_json({"records": found})
        return
    for one in found:
        typer.echo(f"{one['at']}  {one['record']}  {one['group']}  {one['error']}")
    count = len(found)
    typer.echo(f"{count} dead {'record' if count == 1 else 'records'}")


@dead.command("show")
def show_record(
    record: Annotated[str, typer.Argument(help="As `list` names it: TOPIC[PARTITION]@OFFSET.")],
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """All about one dead record; numbers and addresses in it are not shown."""
    named = _NAME.fullmatch(record)
    if named is None:
        stop(f"{record}: a record is named TOPIC[PARTITION]@OFFSET, as `aftercall dead list` does")

    async def work(runtime: Runtime) -> list[DeadRecord]:
        listed = await list_dead(runtime.bus, named[1], limit=_SEARCHED)
        return [one for one in listed if _where(one) == record]

    found = with_runtime(data, work)
    if not found:
        stop(f"{record}: not among the dead records that were not redriven")
    if as_json:
        say_json({"records": [_facts(one) | {"value": _value(one)} for one in found]})
        return
    typer.echo("\n\n".join(_shown(one) for one in found))


def _where(record: DeadRecord) -> str:
    return f"{record.origin.topic}[{record.origin.number}]@{record.offset}"


def _shown(record: DeadRecord) -> str:
    facts = "\n".join(f"{name + ':':<14} {value}" for name, value in _facts(record).items())
    return f"{facts}\n{_value(record)}"


def _facts(record: DeadRecord) -> dict[str, object]:
    return {
        "record": _where(record),
        "dead since": record.at,
        "not usable by": record.group,
        "because": masked_text(record.error),
        "key": masked_bytes(record.key) if record.key else "none",
        "size": _size(record),
    }


def _value(record: DeadRecord) -> str:
    return masked_bytes(record.value or b"")


def _size(record: DeadRecord) -> str:
    if record.value is None:
        return "no value"
    whole = "" if record.size is None else f", of {record.size}: too large to be sent round again"
    return f"{len(record.value)} bytes{whole}"


@dead.command("redrive")
def redrive_records(topic: Topic = None, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Send dead records round again, after what was wrong with them or with us is mended."""

    async def work(runtime: Runtime) -> int:
        return sum([await redrive(runtime.bus, name) for name in await _topics(runtime, topic)])

    count = with_runtime(data, work)
    if as_json:
        say_json({"redriven": count})
        return
    typer.echo(f"{count} {'record' if count == 1 else 'records'} sent round again")
