"""With keys, whom a send goes to stands sealed; nothing goes out to what does not open."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from channel.content import Text
from channel.incoming import inbox
from channel.incoming.entries import Callback
from channel.incoming.unmatched import Unmatched, keep
from channel.operation.listing import Listing
from channel.outgoing.claims import UNOPENED
from channel.outgoing.due import Lane
from channel.providers import CallbackKind
from channel.sender import ChannelSender
from channel.store import sends
from channel.store.delivery import Send, SendKind
from channel.store.sends import NewSend
from common.events.sends import DeliveryStatus
from common.phone import masked
from common.sealing import MasterKeys, is_sealed, new_key
from common.time import utc_now

LANE = Lane("acme", "main", "+12025550190")
ANN, BEN = "+12025550101", "+12025550102"


@pytest.fixture
def master_keys() -> MasterKeys:
    return MasterKeys.parse(new_key())


async def queued(sender: ChannelSender, number: str) -> Send:
    send = Send(
        id=uuid4(),
        kind=SendKind.FOLLOW_UP,
        workspace="acme",
        contact_id=uuid4(),
        state=DeliveryStatus.QUEUED,
        due_at=utc_now(),
        expires_at=utc_now() + timedelta(hours=1),
        account="main",
        sender=LANE.sender,
    )
    new = NewSend(send=send, address=number, content=Text(text="How was it?"))
    async with sender.runtime.db.transaction() as connection:
        await connection.execute(
            "insert into sms_sender.contacts (workspace, contact_id) values ('acme', $1)",
            send.contact_id,
        )
        await sends.insert(connection, sender.schema, [new])
    return send


async def rows(sender: ChannelSender, statement: str, *values: Any) -> list[Any]:
    async with sender.runtime.db.connection() as connection:
        found: list[Any] = await connection.fetch(statement, *values)
        return found


async def spoilt(sender: ChannelSender, send: Send) -> None:
    """As by a key that is not here any more."""
    await rows(
        sender,
        "update sms_sender.messages set address = overlay(address placing 'AAAA' from 20)"
        " where send_id = $1",
        send.id,
    )


async def test_a_send_goes_to_the_number_that_is_stored_sealed(sender: ChannelSender) -> None:
    await queued(sender, ANN)

    (claimed,) = (await sender.worker.claims.claim(LANE, 1)).claimed

    assert claimed.address == ANN
    [row] = await rows(sender, "select address from sms_sender.messages")
    assert is_sealed(row["address"])


async def test_what_does_not_open_waits_and_others_go_out(sender: ChannelSender) -> None:
    lost, other = await queued(sender, ANN), await queued(sender, BEN)
    await spoilt(sender, lost)

    claimed = (await sender.worker.claims.claim(LANE, 10)).claimed

    assert [one.send.id for one in claimed] == [other.id]
    [row] = await rows(
        sender, "select state, due_at, attempts from sms_sender.sends where id = $1", lost.id
    )
    assert (row["state"], row["attempts"]) == ("queued", 0)
    assert row["due_at"] > utc_now() + UNOPENED / 2


async def test_rows_from_before_are_sent_beside_those_that_are_sealed(
    sender: ChannelSender,
) -> None:
    before = await queued(sender, ANN)
    await queued(sender, BEN)
    await rows(
        sender, "update sms_sender.messages set address = $1 where send_id = $2", ANN, before.id
    )

    claimed = (await sender.worker.claims.claim(LANE, 10)).claimed

    assert {one.address for one in claimed} == {ANN, BEN}


async def test_lists_show_numbers_masked_and_exports_in_full(sender: ChannelSender) -> None:
    send = await queued(sender, ANN)
    message = Unmatched(
        workspace="acme",
        id=uuid4(),
        account="main",
        our_number=LANE.sender,
        contact_id=send.contact_id,
        address=ANN,
        text="what?",
        received_at=utc_now(),
        why="no_dialogue",
    )
    async with sender.runtime.db.transaction() as connection:
        await keep(connection, sender.schema, [message])
    listing = Listing(sender.runtime.db, sender.schema)

    page = await listing.sends("acme", status=None, cursor=None, limit=10)
    messages = await listing.messages("acme", cursor=None, limit=10)
    held = await listing.held("acme", send.contact_id)

    assert [one.address for one in page.sends] == [masked(ANN)]
    assert (await listing.send("acme", send.id)).address == masked(ANN)
    assert [one.address for one in messages.messages] == [masked(ANN)]
    assert {held.tables[name][0]["address"] for name in ("messages", "unmatched")} == {ANN}
    [row] = await rows(sender, "select address from sms_sender.unmatched")
    assert is_sealed(row["address"])


async def test_what_a_provider_told_waits_while_it_does_not_open_and_others_are_read(
    sender: ChannelSender,
) -> None:
    told = [
        Callback(
            provider="twilio",
            event_key=f"m{number}",
            message_id=f"m{number}",
            kind=CallbackKind.MESSAGE,
            workspace="acme",
            account="main",
            contact_id=uuid4(),
            fields={"From": ANN, "Body": "5"},
            received_at=utc_now(),
        )
        for number in range(2)
    ]
    await inbox.store(sender.runtime.db, sender.schema, told, clock=utc_now)
    stored = await rows(sender, "select fields from sms_sender.inbox")
    assert all(is_sealed(row["fields"]) for row in stored)
    await rows(
        sender,
        "update sms_sender.inbox set fields = to_jsonb(overlay(fields #>> '{}' placing 'AAAA'"
        " from 20)) where event_key = 'm0'",
    )

    await sender.reader.work_once()

    found = await rows(
        sender, "select event_key, done_at is not null as done, attempts from sms_sender.inbox"
    )
    assert {row["event_key"]: (row["done"], row["attempts"]) for row in found} == {
        "m0": (False, 1),
        "m1": (True, 0),
    }
    listing = Listing(sender.runtime.db, sender.schema)
    held = await listing.held("acme", told[1].contact_id)
    assert held.tables["inbox"][0]["fields"] == {"From": ANN, "Body": "5"}
    held = await listing.held("acme", told[0].contact_id)
    assert is_sealed(held.tables["inbox"][0]["fields"])


async def test_the_list_goes_on_where_a_number_does_not_open(sender: ChannelSender) -> None:
    lost = await queued(sender, ANN)
    await spoilt(sender, lost)

    page = await Listing(sender.runtime.db, sender.schema).sends(
        "acme", status=None, cursor=None, limit=10
    )

    assert [(one.id, one.address) for one in page.sends] == [(lost.id, None)]
