"""In the database, too, a service can do what it must, and nothing else."""

import ssl
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from aftercall.grants.postgres import role_of
from common.certificates import Authority
from common.database import Database
from common.database.migrations import MayNotMigrate, migrate
from common.testing.ports import free_port
from deploy import table
from tests.e2e.commands import aftercall
from tests.e2e.ground import NAME, Ground
from tests.e2e.stack import PEPPER, Process
from tests.e2e.world import World, until

SERVICES = tuple(table.BY_NAME)
OWN = {name: name.replace("-", "_") for name in SERVICES}  # schemas
CONFIG = {"current_documents", "current_version", "usable_api_keys", "migrations"}


@pytest.mark.parametrize("name", SERVICES)
async def test_a_role_may_use_its_own_tables_and_read_of_the_configuration_what_it_needs(
    world: World, ground: Ground, name: str
) -> None:
    async with ground.role(name) as connection:
        rows = await connection.fetch(
            """
            select table_schema as schema, table_name as name,
                   array_agg(privilege_type::text order by privilege_type) as may
            from information_schema.role_table_grants
            where grantee = any($1::text[]) and table_schema not like 'pg_temp%' group by 1, 2
            """,
            [role_of(name), f"{role_of(name)}_tenant"],
        )
    own, config, elsewhere = OWN[name], set(), set()
    for row in rows:
        if row["schema"] == "config":
            config.add(row["name"])
        elif row["schema"] != own:
            elsewhere.add((row["schema"], row["name"], *row["may"]))

    assert any(row["schema"] == own and "INSERT" in row["may"] for row in rows)
    assert elsewhere == {("bus", "migrations", "SELECT")}
    if name != "orchestrator":
        opens = {"current_secrets"} if table.BY_NAME[name].resolves else set()
        seals = {"data_keys"} if table.BY_NAME[name].seals else set()
        assert config == CONFIG | opens | seals
        more = {row["name"] for row in rows if row["schema"] == "config" and "INSERT" in row["may"]}
        most = {right for row in rows if row["schema"] == "config" for right in row["may"]}
        assert more == seals
        assert most <= {"SELECT", "INSERT"}


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("analytics", "select * from orchestrator.contacts"),
        ("console", "select * from config.api_keys"),
        ("console", "select * from config.current_secrets"),
        ("analytics", "select * from config.data_keys"),
        ("ingest", "update config.data_keys set box = ''"),
        ("ingest", "delete from config.data_keys"),
        ("ingest", "insert into config.documents values ('a', 'flow', 'x', 1, '{}')"),
        ("ingest", "drop table ingest.outbox"),
        ("ingest", "alter table ingest.outbox disable row level security"),
        ("ingest", "create table ingest.more ()"),
        ("ingest", "delete from ingest.migrations"),
        ("ivr-gateway", "select * from sms_sender.sends"),
        ("orchestrator", "delete from config.changes"),
        ("orchestrator", "update analytics.facts set score = 5"),
        ("sms-sender", "set role aftercall_tenant"),
        ("sms-sender", "set role aftercall_ingest_tenant"),
        ("whatsapp-sender", "create schema more"),
        (table.OPERATOR, "select * from orchestrator.contacts"),
    ],
)
async def test_a_role_may_do_nothing_else(
    world: World, ground: Ground, name: str, statement: str
) -> None:
    async with ground.role(name) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_within_one_workspace_a_role_sees_its_rows_and_no_others(
    world: World, ground: Ground
) -> None:
    for name in ("granted-apart", "granted-beside"):
        await world.tenant(name)
    database = await Database.connect(ground.database_url("orchestrator"), size=1)
    try:
        async with database.scoped("granted-apart") as connection:
            seen = await connection.fetch("select distinct workspace from config.documents")
            me = await connection.fetchval("select current_user")
        async with database.connection() as connection:
            everybody = await connection.fetchval(
                "select count(distinct workspace) from config.documents"
            )
    finally:
        await database.close()

    assert me == "aftercall_orchestrator_tenant"
    assert [row["workspace"] for row in seen] == ["granted-apart"]
    assert everybody > 1


async def test_a_service_whose_role_may_not_migrate_begins_when_somebody_has(
    ground: Ground, tmp_path: Path
) -> None:
    connection = await asyncpg.connect(ground.database)
    await connection.execute("create database later")
    await connection.close()

    def told(name: str) -> dict[str, str]:
        url = ground.own(name)["AFTERCALL_DATABASE_URL"].replace(f"/{NAME}?", "/later?")
        pepper = {"AFTERCALL_CONTACT_PEPPER": PEPPER}
        return {**ground.environment(name), **pepper, "AFTERCALL_DATABASE_URL": url}

    admin = {**told(table.MIGRATIONS), "AFTERCALL_DATABASE_PASSWORD_FILE": ""}
    admin["AFTERCALL_DATABASE_URL"] = ground.database.replace(f"/{NAME}?", "/later?")
    roles = await aftercall("grants", "postgres", "--apply", environment=admin)
    console = Process("console", free_port(), tmp_path / "console.log", told("console"))
    console.start()
    try:
        await until(partial(_said, console, "start_waits"))
        upgraded = await aftercall("db", "upgrade", environment=told(table.MIGRATIONS))
        await console.ready()
        await console.stop()
    finally:
        console.kill()

    assert (roles.status, upgraded.status) == (0, 0), roles.text + upgraded.text
    assert "permission denied" in console.tail(1000)
    assert "Traceback" not in console.tail(1000)


async def _said(process: Process, event: str) -> bool:
    assert process.running, process.tail()
    return event in process.tail(1000)


async def test_a_role_that_may_not_migrate_is_told_in_words(ground: Ground) -> None:
    with pytest.raises(MayNotMigrate, match="permission denied for database"):
        await migrate(ground.database_url("ingest"), "not_there", "ingest")


async def test_the_database_is_known_by_its_authority_and_its_name(
    ground: Ground, tmp_path: Path
) -> None:
    url = ground.database_url("ingest")
    other = Authority.make(tmp_path / "other")

    with pytest.raises(ssl.SSLCertVerificationError, match=r"self-signed|unable to get"):
        await asyncpg.connect(url.replace(str(ground.ca_file), str(other.ca_file)))
    with pytest.raises(ssl.SSLCertVerificationError, match="IP address mismatch"):
        await asyncpg.connect(url.replace("@localhost:", "@127.0.0.1:"))
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await asyncpg.connect(url.partition("?")[0] + "?sslmode=disable")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(ground.database_url("analytics").replace("analytics:", "ingest:"))
