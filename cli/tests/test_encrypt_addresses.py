"""`aftercall db encrypt-addresses`: what was stored before, in every table that has addresses."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from aftercall.doctor import addresses
from aftercall.doctor.findings import Finding, Level
from aftercall.main import app
from aftercall.platform import SERVICES
from aftercall.stored_plain import AT_ONCE, COLUMNS, seal
from common.database import Database
from common.process.service import schemas
from common.process.settings import CommonSettings
from common.sealing import MasterKeys, is_sealed, new_key
from common.testing.databases import Package
from orchestrator.repository.deciding.decisions import NOBODY
from orchestrator.testing import CALLER, contact_of
from tests.e2e.sweeping import in_columns

DIGITS = CALLER.lstrip("+")
EVENT = b'{"data":{"interaction":{"contact_id":"%s","address":"%s"}}}' % (
    str(contact_of()).encode(),
    CALLER.encode(),
)
REPORT = b'{"interaction":{"contact_id":"%s","address":"%s"}}' % (
    str(contact_of()).encode(),
    CALLER.encode(),
)
AT = "'2026-01-05'"
ONE, TWO = f"'{UUID(int=1)}'", f"'{UUID(int=2)}'"
# A row of each table, as the version before writes it.
ROWS: Sequence[str] = (
    f"orchestrator.contacts (workspace, id, address) values ('acme', {ONE}, '{CALLER}')",
    f"orchestrator.do_not_contact values ('acme', 1, {ONE}, '{CALLER}')",
    "orchestrator.audience_people (workspace, audience_id, contact_id, person)"
    f" values ('acme', 'spring', {ONE}, '{{\"address\": \"{CALLER}\"}}')",
    "orchestrator.decisions (workspace, interaction_id, decided_at, copies, event)"
    f" values ('acme', {ONE}, {AT}, 0, $$EVENT$$)",
    f"orchestrator.early_amendments values ('acme', {ONE}, 1, null, $$EVENT$$, {AT})",
    f"ingest.calls (workspace, interaction_id, settle) values ('acme', {ONE}, '1s')",
    "ingest.parts (workspace, interaction_id, part, report)"
    f" values ('acme', {ONE}, {TWO}, $$REPORT$$)",
    f"closed_loop.calls (workspace, interaction_id, address) values ('acme', {ONE}, '{CALLER}')",
    "closed_loop.messages (workspace, id, type, at, data, address)"
    f" values ('acme', {ONE}, 't', {AT}, '{{}}', '{CALLER}')",
    *(
        f"{schema}.{row}"
        for schema in ("sms_sender", "ivr_gateway", "whatsapp_sender")
        for row in (
            "messages (workspace, send_id, address, content, step)"
            f" values ('acme', {ONE}, '{CALLER}', '{{}}', $$EVENT$$)",
            "unmatched (workspace, id, account, our_number, contact_id, address, text,"
            f" received_at, why) values ('acme', {ONE}, 'a', '+1', {ONE}, '{CALLER}', 'x',"
            f" {AT}, 'late')",
            "inbox (workspace, account, event_key, provider, kind, contact_id, message_id,"
            f" fields, received_at) values ('acme', 'a', 'k', 'p', 'message', {ONE}, 'm',"
            f' \'{{"From": "{CALLER}"}}\', {AT})',
        )
    ),
)


@pytest.fixture
def migrations() -> Sequence[Package]:
    return [*schemas(SERVICES)]


@pytest.fixture
def master_keys() -> MasterKeys:
    return MasterKeys.parse(new_key())


@pytest.fixture
async def before(database: Database) -> Database:
    """A row in each of the tables, stored plain."""
    async with database.connection() as connection:
        for row in ROWS:
            values = row.replace("$$EVENT$$", f"'{EVENT.decode()}'")
            await connection.execute(
                f"insert into {values.replace('$$REPORT$$', repr(REPORT.decode()))}"
            )
    return database


async def encrypt(database: Database) -> int:
    """As the command does it."""
    return sum([written for column in COLUMNS async for _, written in seal(database, column)])


async def looked(database: Database, **settings: Any) -> list[Finding]:
    told = {"database_url": "postgresql://h/d", "contact_pepper": "a pepper for tests"}
    keys = {"encrypt_addresses": True, "master_keys": new_key()}
    return await addresses.stored(
        database, CommonSettings.model_validate({**told, **keys, **settings})
    )


async def test_every_column_that_has_a_number_is_encrypted(before: Database) -> None:
    assert len(await in_columns(before, [DIGITS])) == len(COLUMNS)

    assert await encrypt(before) == len(COLUMNS)

    assert await in_columns(before, [DIGITS]) == {}
    assert await encrypt(before) == 0  # again


async def test_what_is_encrypted_opens_as_it_was(before: Database) -> None:
    await encrypt(before)

    async with before.connection() as connection:
        for column in COLUMNS:
            row = await connection.fetchrow(f"select workspace, {column.name} from {column.table}")
            assert is_sealed(row[1]), column
            [plain] = await before.sealing.opened(column.place, [tuple(row)])
            assert CALLER in (plain if isinstance(plain, str) else plain.decode()), column


async def test_rows_that_were_found_by_looking_into_them_say_whose_they_are(
    before: Database,
) -> None:
    await encrypt(before)

    async with before.connection() as connection:
        for table in ("orchestrator.decisions", "ingest.parts"):
            assert await connection.fetchval(f"select contact_id from {table}") == contact_of()
        await connection.execute("truncate orchestrator.decisions")
        await connection.execute(
            "insert into orchestrator.decisions (workspace, interaction_id, decided_at, copies,"
            f" event) values ('acme', {TWO}, {AT}, 0, $1)",
            b'{"data":{"interaction":{}}}',
        )
    await encrypt(before)
    async with before.connection() as connection:
        query = "select contact_id from orchestrator.decisions"
        assert await connection.fetchval(query) == NOBODY


async def test_more_rows_than_go_at_once_and_rows_that_are_done_are_passed_over(
    database: Database,
) -> None:
    column = COLUMNS[0]
    async with database.connection() as connection:
        await connection.execute(
            "insert into orchestrator.contacts (workspace, id, address)"
            " select 'acme', gen_random_uuid(), '+1202' || n from generate_series(1, $1) n",
            2 * AT_ONCE + 1,
        )
        await connection.execute(
            "update orchestrator.contacts set address = null"
            " where id = any(array(select id from orchestrator.contacts limit 3))"
        )
    steps = []
    async for step in seal(database, column):
        steps.append(step)
        if len(steps) == 1:
            break  # interrupted

    again = [step async for step in seal(database, column)]

    assert steps[0][1] + sum(written for _, written in again) == 2 * AT_ONCE - 2
    assert [looked for looked, _ in again] == [AT_ONCE, AT_ONCE, 1]


async def test_the_doctor_says_what_is_not_encrypted_yet_and_then_that_all_is(
    before: Database,
) -> None:
    [found] = await looked(before)
    assert (found.level, "1 in orchestrator.contacts.address" in found.text) == (
        Level.WARNING,
        True,
    )

    await encrypt(before)

    assert [one.level for one in await looked(before)] == [Level.OK]


async def test_the_doctor_says_that_a_key_is_lost(before: Database, database_url: str) -> None:
    await encrypt(before)
    other = await Database.connect(database_url, size=2, master_keys=MasterKeys.parse(new_key(2)))
    try:
        [found] = await looked(other)
    finally:
        await other.close()

    assert found.level is Level.PROBLEM
    assert "acme (it is sealed by master key 1, which is not set here)" in found.text


async def test_the_doctor_says_that_it_is_off(before: Database) -> None:
    [found] = await looked(before, encrypt_addresses=False)
    assert (found.level, found.text) == (Level.OK, "they are stored as they are")

    await encrypt(before)

    [found] = await looked(before, encrypt_addresses=False)
    assert found.level is Level.WARNING


def run(database_url: str, **environment: str) -> Any:
    known: Mapping[str, str | None] = {
        "AFTERCALL_DATABASE_URL": database_url,
        "AFTERCALL_CONTACT_PEPPER": "a pepper for tests, nothing else",
        "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": None,
        **environment,
    }
    return CliRunner().invoke(app, ["db", "encrypt-addresses"], env=known)


def test_the_command_waits_until_it_is_switched_on(database_url: str) -> None:
    ended = run(database_url)

    assert ended.exit_code == 1
    assert "set AFTERCALL_ENCRYPT_ADDRESSES=true first" in ended.output


def test_the_command_says_what_it_did(database_url: str) -> None:
    keys = {"AFTERCALL_MASTER_KEYS": new_key(), "AFTERCALL_ENCRYPT_ADDRESSES": "true"}

    ended = run(database_url, **keys)

    assert (ended.exit_code, ended.output) == (0, "0 values encrypted\n")
