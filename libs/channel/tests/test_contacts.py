"""Suppression: the newest statement holds, withdrawal wins ties, whatever the order of arrival."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from channel.store import contacts
from channel.store.contacts import Consent
from channel.store.schema import Key, Schema
from common.database import Database
from common.events.consent import ConsentState
from common.testing.databases import Package

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
SCHEMA = Schema("sms_sender")


@pytest.fixture
def migrations() -> Sequence[Package]:
    return (("sms_sender", "channel"),)


def said(contact: UUID, minute: int, *, withdrawn: bool) -> Consent:
    return Consent(
        workspace="acme",
        contact_id=contact,
        state=ConsentState.WITHDRAWN if withdrawn else ConsentState.GRANTED,
        occurred_at=NOW + timedelta(minutes=minute),
    )


async def decided(database: Database, *statements: Consent) -> set[Key]:
    async with database.transaction() as connection:
        return await contacts.decide(connection, SCHEMA, statements, now=NOW)


async def suppressed(database: Database, contact: UUID) -> bool:
    async with database.transaction() as connection:
        return (await contacts.lock(connection, SCHEMA, [("acme", contact)]))[("acme", contact)]


async def test_the_newest_statement_holds_in_any_order(database: Database) -> None:
    for order in itertools.permutations([(1, True), (2, False), (3, True)]):
        contact = uuid4()
        for minute, withdrawn in order:
            await decided(database, said(contact, minute, withdrawn=withdrawn))
        assert await suppressed(database, contact)


async def test_withdrawal_wins_a_tie_in_any_order(database: Database) -> None:
    for order in ((True, False), (False, True)):
        contact = uuid4()
        for withdrawn in order:
            await decided(database, said(contact, 1, withdrawn=withdrawn))
        assert await suppressed(database, contact)


async def test_statements_of_one_batch_count_by_their_time(database: Database) -> None:
    contact = uuid4()
    batch = [said(contact, minute, withdrawn=minute != 3) for minute in (3, 1, 2)]

    assert await decided(database, *batch) == set()
    assert not await suppressed(database, contact)


async def test_only_a_change_is_reported(database: Database) -> None:
    contact = uuid4()

    assert await decided(database, said(contact, 1, withdrawn=True)) == {("acme", contact)}
    assert await decided(database, said(contact, 2, withdrawn=True)) == set()
    assert await decided(database, said(contact, 3, withdrawn=False)) == {("acme", contact)}


async def test_a_contact_that_somebody_holds_is_left_out_not_waited_for(
    database: Database,
) -> None:
    held, free = uuid4(), uuid4()
    await decided(database, said(held, 1, withdrawn=True), said(free, 1, withdrawn=True))

    async with database.transaction() as one, database.transaction() as other:
        await contacts.lock(one, SCHEMA, [("acme", held)])
        both = [("acme", held), ("acme", free)]
        assert set(await contacts.lock_free(other, SCHEMA, both, limit=2)) == {("acme", free)}


async def test_a_workspace_changes_nothing_of_anothers_contact(database: Database) -> None:
    contact = uuid4()
    await decided(database, replace(said(contact, 1, withdrawn=False), workspace="beta"))

    await decided(database, said(contact, 2, withdrawn=True))

    async with database.transaction() as connection:
        found = await contacts.lock(connection, SCHEMA, [("acme", contact), ("beta", contact)])
    assert found == {("acme", contact): True, ("beta", contact): False}


async def test_a_state_that_is_not_known_suppresses_and_wins_a_tie(database: Database) -> None:
    unknown = ConsentState("snoozed")
    for order in ((unknown, ConsentState.GRANTED), (ConsentState.GRANTED, unknown)):
        contact = uuid4()
        for state in order:
            await decided(database, replace(said(contact, 1, withdrawn=False), state=state))
        assert await suppressed(database, contact)


async def test_who_was_doubted_is_written_to_again_once_somebody_cleared_it(
    database: Database,
) -> None:
    doubted, cleared = ConsentState.DOUBTED, ConsentState.CLEARED
    contact = uuid4()
    await decided(database, replace(said(contact, 1, withdrawn=True), state=doubted))
    assert await suppressed(database, contact)

    await decided(database, replace(said(contact, 2, withdrawn=False), state=cleared))
    assert not await suppressed(database, contact)


async def test_a_clearing_undoes_nothing_that_was_said_since(database: Database) -> None:
    contact = uuid4()
    await decided(database, said(contact, 3, withdrawn=True))
    clearing = replace(said(contact, 2, withdrawn=False), state=ConsentState.CLEARED)

    await decided(database, clearing)

    assert await suppressed(database, contact)
