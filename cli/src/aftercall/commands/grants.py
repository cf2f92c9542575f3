"""`aftercall grants kafka | postgres`: what each service may do, as commands or at once."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from pydantic import ValidationError

from aftercall.commands.db import DATABASE_TROUBLE, in_words
from aftercall.commands.options import Json
from aftercall.errors import stop
from aftercall.grants import kafka as on_kafka
from aftercall.grants import postgres as in_postgres
from aftercall.grants.passwords import DATABASE, KAFKA, passwords
from aftercall.platform import SERVICES
from aftercall.tables import say_json
from common.database.tenants import ROLE
from common.errors import Retry
from common.process.broker_settings import BrokerSettings, settings_problem
from common.process.database_settings import DatabaseSettings

grants = typer.Typer(help="What each service may do.", no_args_is_help=True)
Apply = Annotated[bool, typer.Option("--apply", help="Make them, instead of printing them.")]
PEOPLE = [*(service.name.replace("_", "-") for service in SERVICES), on_kafka.OPERATOR]


@grants.command("kafka")
def kafka(
    apply: Apply = False,
    passwords_in: Annotated[
        Path | None,
        typer.Option(
            "--passwords",
            help=f"With --apply: a folder of passwords, FOLDER/ingest/{KAFKA}, that become the"
            " users' for SCRAM-SHA-512; those that are missing are made.",
        ),
    ] = None,
    principal: Annotated[
        str, typer.Option(help="How a service is called there; {name} is its name.")
    ] = on_kafka.PRINCIPAL,
    as_json: Json = False,
) -> None:
    """Print the commands of Kafka's own tool that grant each service what it needs, or grant it.

    For the broker of AFTERCALL_KAFKA_BOOTSTRAP_SERVERS, whose administrator this environment is.
    """
    try:
        settings = BrokerSettings()
    except ValidationError as problem:
        stop(settings_problem(problem))
    servers, namespace = settings.kafka_bootstrap_servers, settings.kafka_namespace
    found = on_kafka.grants()
    if not apply:
        at = servers or "localhost:9092"
        _print(
            on_kafka.commands(found, servers=at, namespace=namespace, principal=principal),
            as_json=as_json,
        )
        return
    if not servers:
        stop("AFTERCALL_KAFKA_BOOTSTRAP_SERVERS is not set")
    acls = [acl for one in found for acl in one.acls(namespace=namespace, principal=principal)]

    async def work() -> None:
        from common.bus.kafka_grants import grant, set_passwords  # loaded only where it is used

        if passwords_in is not None:
            await set_passwords(servers, settings.security, passwords(passwords_in, PEOPLE, KAFKA))
        await grant(servers, settings.security, acls)

    try:
        asyncio.run(work())
    except (Retry, OSError) as trouble:
        stop(f"nothing is granted: {trouble}")
    if as_json:
        say_json({"grants": len(acls), "users": PEOPLE})
        return
    typer.echo(f"{len(acls)} grants for {len(PEOPLE)} users")


@grants.command("postgres")
def postgres(
    apply: Apply = False,
    passwords_in: Annotated[
        Path | None,
        typer.Option(
            "--passwords",
            help=f"With --apply: a folder of passwords, FOLDER/ingest/{DATABASE}, that become the"
            " roles'; those that are missing are made.",
        ),
    ] = None,
    database: Annotated[str, typer.Option(help="Its name, for what is printed.")] = "aftercall",
    as_json: Json = False,
) -> None:
    """Print the SQL that makes a role per service, or run it in AFTERCALL_DATABASE_URL.

    Once, as who may make roles. What each may do, `aftercall db upgrade` sees to.
    """
    roles = in_postgres.rights()
    if not apply:
        _print(in_postgres.roles_sql(roles, database=database, tenant=ROLE), as_json=as_json)
        return
    try:
        url = DatabaseSettings().database_url.get_secret_value()
    except ValidationError as problem:
        stop(settings_problem(problem))

    async def work() -> int:
        connection = await asyncpg.connect(url)
        try:
            name = await connection.fetchval("select current_database()")
            async with connection.transaction():
                for line in in_postgres.roles_sql(roles, database=name, tenant=ROLE):
                    await connection.execute(line)
                if passwords_in is not None:
                    names = [*PEOPLE, in_postgres.MIGRATIONS]
                    for who, word in passwords(passwords_in, names, DATABASE).items():
                        await _set_password(connection, in_postgres.role_of(who), word)
        finally:
            await connection.close()
        return len(roles) + 1

    try:
        count = asyncio.run(work())
    except DATABASE_TROUBLE as error:
        stop(f"no role is made: {in_words(error)}")
    if as_json:
        say_json({"roles": count})
        return
    typer.echo(f"{count} roles")


def _print(commands: Iterable[str], *, as_json: bool) -> None:
    if as_json:
        say_json({"commands": list(commands)})
        return
    for line in commands:
        typer.echo(line)


async def _set_password(connection: asyncpg.Connection, role: str, password: str) -> None:
    """The statement is put together by the server, which takes no parameter in it."""
    statement = await connection.fetchval(
        "select format('alter role %I password %L', $1::text, $2::text)", role, password
    )
    await connection.execute(statement)
