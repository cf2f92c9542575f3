"""With keys, addresses stand sealed in the tables of this service, and all goes on as without."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from common.config import ConfigReader
from common.database import Database
from common.events.consent import ConsentChanged, ConsentState
from common.ids import derived
from common.sealing import MasterKeys, is_sealed, new_key
from common.topics import STEPS_SMS
from orchestrator.repository.schedule import conversion
from orchestrator.schemas.audiences import AudiencePerson
from orchestrator.service.audiences.bringing import Audiences
from orchestrator.service.audiences.taking import Taking
from orchestrator.service.configuration.data_keys import rewrap
from orchestrator.service.consent.do_not_contact import DoNotContact
from orchestrator.service.consent.doubts import Doubts
from orchestrator.service.consent.linking import Linking
from orchestrator.service.consent.reading import Contacts
from orchestrator.testing import NOW, PEPPER, address, call, contact_of

ANN, BEN, CEM = address(1), address(2), address(3)
AUDIENCE = {"when": {"kinds": ["audience"]}}


@pytest.fixture
def master_keys() -> MasterKeys:
    return MasterKeys.parse(new_key())


async def listed(orchestra: Any, *people: str) -> DoNotContact:
    lists = DoNotContact(orchestra.db, PEPPER, lambda: orchestra.now)
    await lists.add("acme", "dnd", people, None, by="test")
    return lists


async def brought(orchestra: Any, *people: str) -> Taking:
    audiences = Audiences(db=orchestra.db, pepper=PEPPER, clock=lambda: orchestra.now)
    told = [AudiencePerson(address=one) for one in people]
    await audiences.bring("acme", "spring", told, None, by="test")
    await audiences.change("acme", "spring", state="running", per_hour=100_000)
    return Taking(db=orchestra.db, deciding=orchestra.deciding, clock=lambda: orchestra.now)


async def stored(orchestra: Any, column: str, table: str) -> list[Any]:
    rows = await orchestra.rows(f"select {column} as value from orchestrator.{table}")
    return [row["value"] for row in rows if row["value"]]


async def test_who_was_asked_is_shown_and_stored_sealed(orchestra: Any) -> None:
    await orchestra.take(call("ann", address=ANN))
    contacts = Contacts(orchestra.db)

    shown, facts = await contacts.find("acme", contact_of(ANN))
    held = await contacts.held("acme", contact_of(ANN))

    assert (shown, len(facts.asks)) == (ANN, 1)
    assert held.tables["contacts"][0]["address"] == ANN
    [value] = await stored(orchestra, "address", "contacts")
    assert is_sealed(value)


async def test_rows_from_before_are_read_beside_those_that_are_sealed(orchestra: Any) -> None:
    await orchestra.take(call("ann", address=ANN), call("ben", address=BEN))
    await orchestra.rows(
        "update orchestrator.contacts set address = $1 where id = $2", ANN, contact_of(ANN)
    )
    linking = Linking(orchestra.db, ConfigReader(orchestra.db), lambda: orchestra.now)
    await orchestra.configure(workspace={"link_customers": True})

    people = {contact_of(one): one for one in (ANN, BEN, CEM)}
    rows = await linking.link("acme", people, None)

    assert {row["address"] for row in rows} == {ANN, BEN, CEM}
    others = await linking.others("acme", contact_of(ANN))
    assert {row["address"] for row in others} == {BEN, CEM}
    assert sorted(map(is_sealed, await stored(orchestra, "address", "contacts"))) == [
        False,
        True,
        True,
    ]


async def test_who_is_on_a_list_is_not_asked_and_is_shown(orchestra: Any) -> None:
    lists = await listed(orchestra, ANN)
    await orchestra.take(call("ann", address=ANN), call("ben", address=BEN))

    assert {one.data.address for one in await orchestra.published(STEPS_SMS)} == {BEN}
    page = await lists.page("acme", "dnd", after=None, limit=10)
    assert [row["address"] for row in page] == [ANN]
    assert all(map(is_sealed, await stored(orchestra, "address", "do_not_contact")))
    held = await Contacts(orchestra.db).held("acme", contact_of(ANN))
    assert held.tables["do_not_contact"][0]["address"] == ANN

    assert (await lists.remove("acme", "dnd", [ANN], None)).stored == 1


async def test_people_of_an_audience_are_asked(orchestra: Any) -> None:
    await orchestra.configure(flow=AUDIENCE)
    taking = await brought(orchestra, ANN)
    [value] = await stored(orchestra, "person", "audience_people")
    assert is_sealed(value)
    held = await Contacts(orchestra.db).held("acme", contact_of(ANN))
    assert ANN.encode() in held.tables["audience_people"][0]["person"] or ANN in str(held.tables)

    await taking.look()

    assert {one.data.address for one in await orchestra.published(STEPS_SMS)} == {ANN}


async def test_who_does_not_open_waits_in_the_audience_and_others_are_asked(
    orchestra: Any,
) -> None:
    await orchestra.configure(flow=AUDIENCE)
    taking = await brought(orchestra, ANN, BEN)
    await orchestra.rows(
        "update orchestrator.audience_people set person = set_byte(person, 30,"
        " 255 - get_byte(person, 30)) where contact_id = $1",
        contact_of(ANN),
    )

    await taking.look()

    assert {one.data.address for one in await orchestra.published(STEPS_SMS)} == {BEN}
    waiting = await orchestra.rows(
        "select contact_id from orchestrator.audience_people where person is not null"
    )
    assert [row["contact_id"] for row in waiting] == [contact_of(ANN)]


async def test_doubts_are_shown_with_the_number(orchestra: Any) -> None:
    await orchestra.take(call("ann", address=ANN))
    doubt = ConsentChanged(
        id=derived("doubt"),
        contact_id=contact_of(ANN),
        channel="sms",
        state=ConsentState.DOUBTED,
        occurred_at=NOW + timedelta(minutes=1),
        source="sms",
    )
    await orchestra.hear(doubt)

    found, _ = await Doubts(orchestra.db).open("acme", cursor=None, limit=10)

    assert [row["address"] for row in found] == [ANN]


async def test_numbers_that_do_not_answer_are_counted_by_their_beginnings(orchestra: Any) -> None:
    numbers = [f"+12125{n:06}" for n in range(3)] + ["+13125000001"]
    await orchestra.take(*(call(one, address=one) for one in numbers))
    await orchestra.rows(
        "update orchestrator.steps set state = 'sent', sent_at = $1 where state = 'with_sender'",
        NOW,
    )

    async with orchestra.db.connection() as connection:
        found = await conversion.reached(connection, "acme", NOW + timedelta(hours=2))

    assert [(one.numbers, one.country, one.asks) for one in found] == [
        ("+12125", "US", 3),
        ("+13125", "US", 1),
    ]


async def test_who_is_forgotten_is_nowhere(orchestra: Any) -> None:
    await orchestra.take(call("ann", address=ANN))
    await listed(orchestra, ANN)

    await orchestra.erase(ANN)

    assert await stored(orchestra, "address", "contacts") == []
    assert await stored(orchestra, "address", "do_not_contact") == []


async def test_after_the_master_key_changed_all_opens_without_the_old_one(
    orchestra: Any, database_url: str, master_keys: MasterKeys
) -> None:
    await orchestra.take(call("ann", address=ANN))
    new = MasterKeys.parse(new_key(2))
    both = MasterKeys({**new.keys, **master_keys.keys})

    assert await rewrap(orchestra.db, both) == 1
    assert await rewrap(orchestra.db, both) == 0

    later = await Database.connect(database_url, size=2, master_keys=new, seals=True)
    try:
        assert (await Contacts(later).find("acme", contact_of(ANN)))[0] == ANN
    finally:
        await later.close()


async def test_a_key_that_is_lost_is_told_and_not_changed(
    orchestra: Any, database_url: str
) -> None:
    await orchestra.take(call("ann", address=ANN))
    lost = MasterKeys.parse(new_key(3))

    with pytest.raises(LookupError, match="data key 1 of acme"):
        await rewrap(orchestra.db, lost)
    later = await Database.connect(database_url, size=2, master_keys=lost)
    try:
        contacts = Contacts(later)
        shown, _ = await contacts.find("acme", contact_of(ANN))
        held = await contacts.held("acme", contact_of(ANN))
    finally:
        await later.close()

    assert shown is None
    assert is_sealed(held.tables["contacts"][0]["address"])  # that something is held is told


async def test_another_workspaces_key_opens_nothing(orchestra: Any) -> None:
    await orchestra.take(call("ann", address=ANN))
    key: UUID = contact_of(ANN)
    await orchestra.rows("update orchestrator.contacts set workspace = 'other'")

    shown, _ = await Contacts(orchestra.db).find("other", key)

    assert shown is None
