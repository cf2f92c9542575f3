"""What holds of all that a contact said is found at the same cost, however often it was said."""

from itertools import product
from typing import Any
from uuid import UUID

import pytest

from common.database import Connection
from orchestrator.domain.keys import Key, columns
from orchestrator.repository.consent import ledger
from orchestrator.testing import NOW

WHO, ANOTHER, NOBODY = (UUID(int=number) for number in (1, 2, 3))
_SAID = """
    insert into orchestrator.consent_ledger
        (workspace, id, contact_id, channel, state, occurred_at, source, evidence)
    select $1, gen_random_uuid(), $2, $3, $4, $5::timestamptz - n * interval '1 second', 'api', ''
    from generate_series(1, $6::int) n
"""
_FROM_ALL = """
    select workspace, contact_id, channel, state, max(occurred_at) from orchestrator.consent_ledger
    join unnest($1::text[], $2::uuid[]) k (workspace, contact_id) using (workspace, contact_id)
    group by workspace, contact_id, channel, state
"""


async def say(
    connection: Connection, key: Key, channel: str, state: str, *, times: int = 1
) -> None:
    await connection.execute(_SAID, *key, channel, state, NOW, times)


@pytest.mark.parametrize(
    "keys",
    [
        [("acme", WHO)],
        [("acme", WHO), ("acme", ANOTHER), ("acme", NOBODY)],
        [("acme", WHO), ("globex", WHO), ("globex", ANOTHER)],
        [("acme", NOBODY)],
        [],
    ],
)
async def test_the_newest_of_each_channel_and_state_is_what_reading_all_finds(
    orchestra: Any, keys: list[Key]
) -> None:
    """Also of channels and states that this version does not know."""
    channels = ("all", "sms", "whatsapp", "Zeppelin")
    states = ("granted", "withdrawn", "doubted", "cleared", "later")
    async with orchestra.db.transaction() as connection:
        for times, (channel, state) in enumerate(product(channels, states)):
            await say(connection, ("acme", WHO), channel, state, times=times)
        await say(connection, ("acme", ANOTHER), "sms", "withdrawn")
        await say(connection, ("globex", WHO), "all", "granted", times=3)
        found = await ledger.newest(connection, keys)
        expected: dict[Key, set[tuple[Any, ...]]] = {}
        for workspace, contact, *told in await connection.fetch(_FROM_ALL, *columns(keys)):
            expected.setdefault((workspace, contact), set()).add(tuple(told))

    assert {key: len(told) for key, told in found.items()} == {
        key: len(told) for key, told in expected.items()
    }
    assert {(key, one.channel, one.occurred_at) for key, told in found.items() for one in told} == {
        (key, channel, at) for key, told in expected.items() for channel, _, at in told
    }


@pytest.mark.parametrize("analyzed", [False, True])
async def test_who_said_the_same_very_often_costs_what_others_cost(
    orchestra: Any, analyzed: bool
) -> None:
    """By its plan: a row for each channel and state is read, by an index."""
    async with orchestra.db.connection() as connection:
        await say(connection, ("acme", WHO), "sms", "granted", times=5_000)
        await say(connection, ("acme", WHO), "all", "withdrawn", times=5_000)
        if analyzed:
            await connection.execute("analyze orchestrator.consent_ledger")
        plan = await connection.fetch(
            "explain (analyze, costs off, timing off, buffers off, format text) " + ledger._NEWEST,
            *columns([("acme", WHO), ("acme", ANOTHER)]),
        )
    lines = [row[0] for row in plan]
    read = [line for line in lines if "on consent_ledger" in line]

    assert len(read) == 2
    assert all("using consent_ledger_newest" in line for line in read), lines
    assert max(float(line.split("rows=")[1].split()[0]) for line in read) <= 1, lines
    assert not [line for line in lines if "Rows Removed" in line], lines
