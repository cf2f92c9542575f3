"""`aftercall topics create`: what must exist on the broker before any service runs."""

import asyncio
import re
from collections.abc import Mapping
from logging import getLogger
from typing import Annotated

import typer
from pydantic import ValidationError

from aftercall.commands.options import DEFAULT_DATA, Data, Json
from aftercall.errors import Trouble, stop
from aftercall.settings import database_for
from aftercall.tables import say_json
from common import topics as known
from common.bus.existing import Existing, retention_days
from common.database import Database
from common.database.migrations import migrate
from common.errors import Retry
from common.process.broker_settings import BrokerSettings, settings_problem
from ingest.service.housekeeping import INTAKE_PARTITIONS

topics = typer.Typer(help="Topics of the broker.", no_args_is_help=True)
Source = Annotated[list[str] | None, typer.Option(help="A source whose intake topic is wanted.")]

_SOURCE = re.compile("[a-z0-9][a-z0-9_-]{0,62}")


@topics.command("create")
def create(source: Source = None, data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """Make the topics that do not exist yet, on the broker of AFTERCALL_KAFKA_BOOTSTRAP_SERVERS.

    Replicated three times where there are three brokers. What exists is left as it is. Without a
    broker the topics are those of the log in the database.
    """
    getLogger("aiokafka").setLevel("CRITICAL")  # we tell in words what it would report
    for name in source or ():
        if not _SOURCE.fullmatch(name):
            raise Trouble(f"--source {name}: small letters, digits, - and _, such as acme-pbx")
    wanted = wanted_topics([known.intake(name) for name in source or ()])
    try:
        settings = BrokerSettings()
        if settings.kafka_bootstrap_servers:
            before, after = asyncio.run(_on_kafka(settings, wanted))
        else:
            with database_for(data) as url:
                before, after = asyncio.run(_in_database(url, wanted))
    except ValidationError as problem:
        stop(settings_problem(problem))
    except Retry as trouble:
        stop(f"no topic can be made: {trouble.reason}")
    if as_json:
        say_json({"created": sorted(wanted.keys() - before.keys()), "topics": sorted(wanted)})
        return
    for name in wanted:
        typer.echo(f"{'there   ' if name in before else 'created '} {described(name, after[name])}")
    made = len(wanted.keys() - before.keys())
    typer.echo(f"{made} {'topic' if made == 1 else 'topics'} created, {len(wanted) - made} there")


def wanted_topics(more: list[str]) -> dict[str, int]:
    """Name -> partitions; `more` are intake topics, with a dead topic each."""
    wanted = known.partitions() | dict.fromkeys(more, INTAKE_PARTITIONS)
    return wanted | dict.fromkeys(map(known.dead, more), 1)


def described(name: str, topic: Existing) -> str:
    days = retention_days(name) if topic.retention_days is None else topic.retention_days
    return (
        f"{name}: {topic.partitions} {'partition' if topic.partitions == 1 else 'partitions'},"
        f" {topic.replicas} {'copy' if topic.replicas == 1 else 'copies'}, kept {days:g} days"
    )


Found = Mapping[str, Existing]


async def _on_kafka(settings: BrokerSettings, wanted: dict[str, int]) -> tuple[Found, Found]:
    from common.bus.kafka import KafkaBus  # loaded only where it is used
    from common.bus.kafka_topics import look

    servers, namespace = settings.kafka_bootstrap_servers or "", settings.kafka_namespace
    before = (await look(servers, namespace=namespace, security=settings.security)).topics
    bus = KafkaBus(servers, namespace=namespace, security=settings.security)
    try:
        missing = {name: count for name, count in wanted.items() if name not in before}
        if missing:  # else whoever may not make topics may still look
            await bus.create_topics(missing)
    finally:
        await bus.close()
    return before, await _seen(settings, wanted)


async def _seen(settings: BrokerSettings, wanted: dict[str, int]) -> Found:
    """The topics once the broker lists all of them: it tells its nodes a moment later."""
    from common.bus.kafka_topics import look

    try:
        async with asyncio.timeout(30):
            while True:
                found = (
                    await look(
                        settings.kafka_bootstrap_servers or "",
                        namespace=settings.kafka_namespace,
                        security=settings.security,
                    )
                ).topics
                if wanted.keys() <= found.keys():
                    return found
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise Retry("the broker took the topics and does not list them") from None


async def _in_database(url: str, wanted: dict[str, int]) -> tuple[Found, Found]:
    from common.bus.pglog import PgLogBus

    try:
        await migrate(url, "bus", "common.bus")
        db = await Database.connect(url, size=2)
    except OSError as error:
        raise Retry(f"database: {error}") from error
    try:
        before = await logged_topics(db)
        bus = PgLogBus(db)
        await bus.create_topics(wanted)
        await bus.close()
        return before, await logged_topics(db)
    finally:
        await db.close()


async def logged_topics(db: Database) -> Found:
    """The topics of the log in PostgreSQL."""
    async with db.connection() as connection:
        rows = await connection.fetch("select name, partitions from bus.topics")
    return {row["name"]: Existing(row["partitions"]) for row in rows}
