"""`aftercall doctor`: looks at everything in turn, says what it found, and fails on problems."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import asdict
from logging import getLogger
from typing import Annotated, Any

import msgspec
import typer
from pydantic import ValidationError

from aftercall import embedded
from aftercall.commands.db import DATABASE_TROUBLE, in_words
from aftercall.commands.options import DEFAULT_DATA, PORT, Data, Json
from aftercall.commands.topics import logged_topics
from aftercall.doctor import (
    addresses,
    callers,
    documents,
    ground,
    keeping,
    outside,
    security,
    traffic,
    whatsapp,
)
from aftercall.doctor.findings import Finding, Level, ok, problem, warning
from aftercall.settings import settings_for
from common import http
from common.config import Config, ConfigReader
from common.database import Database
from common.errors import Retry
from common.events.values import Channel
from common.process.broker_settings import settings_problem
from common.process.runtime import secrets_of
from common.process.service import database_of
from common.process.settings import CommonSettings
from common.secrets import Secrets
from common.telemetry import logging

COLOURS = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "red"}
PATIENCE = 5.0  # seconds for a request
Port = Annotated[
    int,
    typer.Option(
        min=0, max=65_535, help="Of `aftercall up`, where AFTERCALL_PUBLIC_URL is not set."
    ),
]


def doctor(data: Data = DEFAULT_DATA, port: Port = PORT, as_json: Json = False) -> None:
    """Check configuration, database, broker, topics, providers, clock and webhooks, in words.

    Run it where the services run, with their environment. Ends with 1 when there is a problem.
    """
    logging.set_up("CRITICAL")  # we tell in words what libraries would report
    getLogger("aiokafka").setLevel("CRITICAL")
    try:
        with settings_for(data, port, log_level="CRITICAL", beside=True) as settings:
            found = asyncio.run(examined(settings))
    except ValidationError as error:
        lines = settings_problem(error).splitlines()
        found = [problem("configuration", line, "Set it; see README.md.") for line in lines]
    except embedded.NoDataFolder as error:
        found = [problem("database", error.what, error.todo)]
    _tell(found, as_json=as_json)
    if any(finding.level is Level.PROBLEM for finding in found):
        raise typer.Exit(1)


async def examined(settings: CommonSettings) -> list[Finding]:
    """Everything that can be looked at; what stands on what is not there is left out."""
    found = [ok("configuration", "the environment has what every process needs")]
    config: Config | None = None
    secrets: Secrets | None = None
    trouble, db = await _open(settings)
    found += trouble
    try:
        if db is not None:
            reader = ConfigReader(db)
            secrets = secrets_of(settings, reader)
            looked, config = await _in_database(settings, db, reader, secrets)
            found += looked
        found += await _guarded("broker", _broker(settings, db, config), _BROKER)
    finally:
        if db is not None:
            await db.close()
    return [*found, *await _outside(settings, config, secrets)]


_DATABASE = "Start it, or correct AFTERCALL_DATABASE_URL."
_BROKER = "Start it, or correct AFTERCALL_KAFKA_BOOTSTRAP_SERVERS."


async def _open(settings: CommonSettings) -> tuple[list[Finding], Database | None]:
    try:
        async with asyncio.timeout(PATIENCE * 2):
            return [], await database_of(settings, size=2)
    except (*DATABASE_TROUBLE, TimeoutError) as error:
        return [problem("database", f"it cannot be used: {in_words(error)}", _DATABASE)], None


async def _guarded(area: str, work: Awaitable[list[Finding]], todo: str) -> list[Finding]:
    try:
        return await work
    except Retry as error:
        return [problem(area, f"no answer: {error.reason}", todo)]
    except DATABASE_TROUBLE as error:
        return [problem(area, f"it cannot be used: {in_words(error)}", todo)]


async def _in_database(
    settings: CommonSettings, db: Database, reader: ConfigReader, secrets: Secrets
) -> tuple[list[Finding], Config | None]:
    url = settings.database_url.get_secret_value()
    found = [security.way_to_database(url)]
    if why := await security.why_no_database(url):
        return [*found, problem("database", why, _DATABASE)], None
    found += await _guarded("database", ground.database(db), _DATABASE)
    found += await _guarded("rights", security.roles(db, url), _DATABASE)
    found += await _guarded("clock", outside.clock(db), _DATABASE)
    behind = await _guarded("migrations", ground.migrations(db), _DATABASE)
    found += behind
    if any("config lacks" in finding.text for finding in behind):
        return found, None
    try:
        config = await reader.current()
    except (Retry, *DATABASE_TROUBLE) as error:
        todo = "Look at the database above."
        return [*found, problem("documents", f"no answer: {type(error).__name__}", todo)], None
    told = [*_documents(config), *outside.referred(config, secrets)]
    told += await _guarded("templates", whatsapp.templates(db), _DATABASE)
    told += await _guarded("numbers", whatsapp.numbers(db), _DATABASE)
    told += await _guarded("answers", traffic.answers(db, config), _DATABASE)
    told += await _guarded("replies", traffic.not_answered(db, config), _DATABASE)
    told += await _guarded("callers", callers.unread(db), _DATABASE)
    told += await _guarded("retention", keeping.ends(db, config), _DATABASE)
    told += await _guarded("addresses", addresses.stored(db, settings), _DATABASE)
    return [*found, *told], config


def _documents(config: Config) -> list[Finding]:
    todo = "`aftercall apply FILE`; examples/ has files to begin with."
    if not config.workspaces:
        return [warning("documents", "no workspace is configured", todo)]
    asking = [w for w in config.workspaces.values() if any(f.enabled for f in w.flows.values())]
    number = len(config.workspaces)
    text = f"{number} workspace{'s' if number > 1 else ''}, {len(asking)} with a flow that is on"
    told = ok("documents", text) if asking else warning("documents", text, todo)
    return [told, *documents.examined(config)]


async def _broker(
    settings: CommonSettings, db: Database | None, config: Config | None
) -> list[Finding]:
    workspaces = config.workspaces.values() if config else ()
    sources = [source for workspace in workspaces for source in workspace.sources]
    if settings.kafka_bootstrap_servers:
        servers, known = settings.kafka_bootstrap_servers, settings.security
        found = [security.way_to_broker(servers, known)]
        try:
            found += await ground.kafka(
                servers, settings.kafka_namespace, security=known, sources=sources
            )
        except Retry as error:
            return [*found, problem("broker", f"no answer: {error.reason}", _BROKER)]
        return [*found, *await _guarded("grants", security.grants(settings), _BROKER)]
    if db is None:
        return []
    there = await logged_topics(db)
    text = "the log in PostgreSQL, which is for one process"
    return [ok("broker", text), *ground.topics(there, sources=sources, copies=1)]


async def _outside(
    settings: CommonSettings, config: Config | None, secrets: Secrets | None
) -> list[Finding]:
    ways = {
        channel: _accounts(config, channel)
        for channel in (Channel.SMS, Channel.WHATSAPP, Channel.IVR)
    }
    found = outside.address(settings.public_url)
    async with http.client(timeout=PATIENCE) as client:
        if config is not None and secrets is not None:
            found += await outside.providers(config, secrets, settings.outside, client)
        if all(finding.level is not Level.PROBLEM for finding in found[:1]):
            found += await outside.ways_in(settings.public_url, ways, client)
    return found


def _accounts(config: Config | None, channel: Channel) -> list[str]:
    workspaces = config.workspaces.values() if config else ()
    found = (account for workspace in workspaces for account in workspace.accounts.values())
    return sorted({account.id for account in found if account.channel is channel})


def _tell(found: Sequence[Finding], *, as_json: bool) -> None:
    worst = max((finding.level for finding in found), key=list(Level).index)
    if as_json:
        body: dict[str, Any] = {"status": worst, "findings": [asdict(one) for one in found]}
        typer.echo(msgspec.json.format(msgspec.json.encode(body)).decode())
        return
    for one in found:
        level = typer.style(f"{one.level:<8}", fg=COLOURS[one.level])
        typer.echo(f"{level} {one.area}: {one.text}")
        if one.todo:
            typer.echo(f"         -> {one.todo}")
    count = {level: sum(one.level is level for one in found) for level in Level}
    typer.echo(", ".join(f"{number} {level}" for level, number in count.items()))
