"""What columns hold sealed: opens for its workspace and column alone, whoever made the key."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from common.database import Database
from common.database.sealing import opened, opened_rows, sealed
from common.errors import Retry
from common.process.broker_settings import settings_problem
from common.process.settings import CommonSettings
from common.sealing import DataKey, Keyring, MasterKeys, Place, is_sealed
from common.testing.databases import Package

NUMBER = "+12025550101"
ADDRESS, OTHER = Place("shop.people.address"), Place("shop.people.other")
ONE = f"1:{b64encode(bytes(32)).decode()}"
TWO = f"2:{b64encode(bytes([7] * 32)).decode()}"

Open = Callable[..., Awaitable[Database]]


@pytest.fixture
def migrations() -> Sequence[Package]:
    return ("common.config",)


@pytest.fixture
async def open_database(database_url: str) -> AsyncIterator[Open]:
    """Each is a process of its own, with its own keys."""
    opened_ones: list[Database] = []

    async def connect(master_keys: str = ONE, *, seals: bool = True) -> Database:
        keys = MasterKeys.parse(master_keys)
        opened_ones.append(
            await Database.connect(database_url, size=4, master_keys=keys, seals=seals)
        )
        return opened_ones[-1]

    yield connect
    for one in opened_ones:
        await one.close()


def keyring(*workspaces: str) -> Keyring:
    made = Keyring()
    for workspace in workspaces:
        made.add(DataKey(workspace, 1, bytes([len(workspace)] * 32)))
    return made


@given(st.one_of(st.text(min_size=1), st.binary(min_size=1)))
def test_what_is_sealed_opens_as_it_was(value: str | bytes) -> None:
    try:
        if isinstance(value, str):
            value.encode()
    except UnicodeEncodeError:
        return  # no column takes it
    keys = keyring("acme")

    stored = keys.seal(value, "acme", ADDRESS)

    assert is_sealed(stored)
    assert keys.open(stored, "acme", ADDRESS) == value


@pytest.mark.parametrize("value", [NUMBER, "ann@example.com", "whatsapp:US.1", "", b"{}", b"\x82"])
def test_what_was_never_sealed_is_as_it_is(value: str | bytes) -> None:
    assert keyring().open(value, "acme", ADDRESS) == value


@pytest.mark.parametrize("value", [NUMBER, NUMBER.encode()])
def test_what_is_moved_to_another_column_or_workspace_does_not_open(value: str | bytes) -> None:
    keys = keyring("acme", "other")
    stored = keys.seal(value, "acme", ADDRESS)

    for workspace, place in (("acme", OTHER), ("other", ADDRESS)):
        with pytest.raises(LookupError):
            keys.open(stored, workspace, place)


def test_nor_does_it_where_two_workspaces_had_one_key() -> None:
    keys = Keyring()
    for workspace in ("acme", "other"):
        keys.add(DataKey(workspace, 1, bytes(32)))

    with pytest.raises(LookupError):
        keys.open(keys.seal(NUMBER, "acme", ADDRESS), "other", ADDRESS)


@pytest.mark.parametrize(
    "stored", ["@sealed:", "@sealed:x:y", "@sealed:1:AAAA", b"\x01", b"\x01\0\0\0\1ab"]
)
def test_what_is_cut_off_is_refused_in_words(stored: str | bytes) -> None:
    with pytest.raises(LookupError):
        keyring("acme").open(stored, "acme", ADDRESS)


def test_the_same_number_is_stored_otherwise_each_time() -> None:
    keys = keyring("acme")

    assert len({keys.seal(NUMBER, "acme", ADDRESS) for _ in range(100)}) == 100


async def test_what_one_process_seals_another_one_opens(open_database: Open) -> None:
    here, there = await open_database(), await open_database(seals=False)
    async with here.connection() as connection:
        stored = await sealed(connection, ADDRESS, [("acme", NUMBER), ("other", NUMBER)])

    async with there.connection() as connection:
        whose = [("acme", stored[0]), ("other", stored[1]), ("acme", NUMBER), ("acme", None)]
        assert await opened(connection, ADDRESS, whose) == [NUMBER, NUMBER, NUMBER, None]


async def test_a_key_that_two_make_at_once_is_one(open_database: Open) -> None:
    processes = [await open_database() for _ in range(4)]

    async def seal(db: Database) -> str | None:
        async with db.connection() as connection:
            return (await sealed(connection, ADDRESS, [("acme", NUMBER)]))[0]

    stored = await asyncio.gather(*(seal(db) for db in processes))

    reader = await open_database()
    async with reader.connection() as connection:
        assert await connection.fetchval("select count(*) from config.data_keys") == 1
        assert await opened(connection, ADDRESS, [("acme", one) for one in stored]) == [NUMBER] * 4


async def test_a_transaction_that_is_rolled_back_takes_no_key_with_it(open_database: Open) -> None:
    db = await open_database()
    async with db.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        [stored] = await sealed(connection, ADDRESS, [("acme", NUMBER)])
        await transaction.rollback()

    reader = await open_database()
    async with reader.connection() as connection:
        assert await opened(connection, ADDRESS, [("acme", stored)]) == [NUMBER]


async def test_nothing_is_sealed_unless_it_is_wanted(open_database: Open) -> None:
    db = await open_database(seals=False)
    async with db.connection() as connection:
        assert await sealed(connection, ADDRESS, [("acme", NUMBER)]) == [NUMBER]
        assert await connection.fetchval("select count(*) from config.data_keys") == 0


async def test_sealing_what_is_sealed_changes_nothing(open_database: Open) -> None:
    db = await open_database()
    async with db.connection() as connection:
        once = await sealed(connection, ADDRESS, [("acme", NUMBER)])
        assert await sealed(connection, ADDRESS, [("acme", once[0])]) == once


async def test_without_the_master_key_nothing_opens_and_others_are_not_harmed(
    open_database: Open,
) -> None:
    first, second = await open_database(ONE), await open_database(TWO)
    async with first.connection() as connection:
        [theirs] = await sealed(connection, ADDRESS, [("acme", NUMBER)])
    async with second.connection() as connection:
        [ours] = await sealed(connection, ADDRESS, [("other", NUMBER)])
        stored = [("acme", theirs), ("other", ours)]

        assert await opened(connection, ADDRESS, stored) == [None, NUMBER]
        rows = [{"address": theirs}, {"address": None}, {"address": NUMBER}]
        places = {"address": ADDRESS}
        shown = await opened_rows(connection, "acme", rows, places)
        held = await opened_rows(connection, "acme", rows, places, else_sealed=True)

    assert [row["address"] for row in shown] == [None, None, NUMBER]
    assert [row["address"] for row in held] == [theirs, None, NUMBER]


async def test_who_cannot_unwrap_a_key_seals_by_another_that_both_can(open_database: Open) -> None:
    """The first master key is put in front later, as when it is rotated in the wrong order."""
    before, after = await open_database(f"{ONE},{TWO}"), await open_database(TWO)
    async with before.connection() as connection:
        await sealed(connection, ADDRESS, [("acme", NUMBER)])
    async with after.connection() as connection:
        stored = await sealed(connection, ADDRESS, [("acme", NUMBER)])
        assert await opened(connection, ADDRESS, [("acme", stored[0])]) == [NUMBER]

    both = await open_database(f"{ONE},{TWO}")
    async with both.connection() as connection:
        assert await opened(connection, ADDRESS, [("acme", stored[0])]) == [NUMBER]


async def test_a_role_that_may_not_read_the_keys_waits_for_its_grants(
    open_database: Open, database: Database
) -> None:
    async with database.connection() as connection:
        await connection.execute("drop table config.data_keys")
    db = await open_database()

    with pytest.raises(Retry, match="data_keys"):
        async with db.connection() as connection:
            await sealed(connection, ADDRESS, [("acme", NUMBER)])


def test_sealing_without_a_master_key_ends_the_process_in_one_line() -> None:
    with pytest.raises(ValidationError) as refused:
        CommonSettings(
            database_url="postgresql://h/d",
            contact_pepper="a pepper of sixteen",
            encrypt_addresses=True,
        )

    assert settings_problem(refused.value) == (
        "AFTERCALL_MASTER_KEYS is not set, and AFTERCALL_ENCRYPT_ADDRESSES needs it"
    )
