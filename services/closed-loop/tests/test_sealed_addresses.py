"""With keys, whose call it was stands sealed here; who may have numbers is told them in full."""

import pytest

from analytics.testing import ADDRESS, decision, response, told
from closed_loop.testing import Receiver
from closed_loop.testing.running import Loop, until
from common.database import Database
from common.sealing import MasterKeys, is_sealed, new_key


@pytest.fixture
def master_keys() -> MasterKeys:
    return MasterKeys.parse(new_key())


async def stored(database: Database) -> list[str]:
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select address from closed_loop.calls union all"
            " select address from closed_loop.messages"
        )
    return [row["address"] for row in rows]


async def states(database: Database) -> dict[str, str]:
    """Of deliveries, by whether their endpoint has numbers masked or in full."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select e.numbers, d.state from closed_loop.deliveries d"
            " join closed_loop.endpoints e on e.id = d.endpoint_id"
        )
    return dict(rows)


async def test_numbers_are_told_in_full_and_stored_sealed(
    loop: Loop, receiver: Receiver, database: Database
) -> None:
    await loop.webhook(receiver.url, numbers="full", events=["response.created"])

    await loop.tell(*told(decision(), response()))
    await until(lambda: receiver.requests)

    assert receiver.requests[0].told["data"]["address"] == ADDRESS
    found = await stored(database)
    assert len(found) > 1
    assert all(map(is_sealed, found))


async def test_a_number_that_does_not_open_is_waited_for_and_holds_up_nobody(
    loop: Loop, receiver: Receiver, another: Receiver, database: Database
) -> None:
    await loop.tell(*told(decision()))
    await until(lambda: stored(database))
    async with database.connection() as connection:
        await connection.execute(
            "update closed_loop.calls set address = overlay(address placing 'AAAA' from 20)"
        )
    await loop.webhook(receiver.url, numbers="full", events=["response.created"])
    await loop.webhook(another.url, events=["response.created"])

    await loop.tell(*told(response()))
    await until(lambda: another.requests)

    async def settled() -> bool:
        return (await states(database)).get("masked") == "delivered"

    await until(settled)
    assert (await states(database))["full"] == "waiting"
    assert receiver.requests == []
