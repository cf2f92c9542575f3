"""One workspace's flood keeps nobody else waiting, and replicas share what there is."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from channel.incoming import inbox, reader
from channel.incoming.entries import Callback
from channel.outgoing.due import Lane
from channel.outgoing.worker import Place, fair
from channel.providers import CallbackKind
from channel.sender import ChannelSender
from channel.store import contacts
from channel.store.schema import Key
from common.config import TwilioSmsAccount
from common.config.accounts import SenderNumber
from common.ids import derived


def person(workspace: str, number: int) -> UUID:
    return derived("contact", workspace, str(number))


async def wait_in_inbox(sender: ChannelSender, workspace: str, people: int) -> list[Key]:
    """A receipt of each of so many people."""
    waiting = [
        Callback(
            provider="twilio",
            event_key=f"event-{number}",
            kind=CallbackKind.STATUS,
            workspace=workspace,
            account="main",
            contact_id=person(workspace, number),
            message_id=f"SM{number}",
            fields={"number": number},
            received_at=sender.runtime.clock() - timedelta(hours=1),
            send_id=derived("send", workspace, str(number)),
        )
        for number in range(people)
    ]
    await inbox.store(sender.runtime.db, sender.schema, waiting, clock=sender.runtime.clock)
    return [one.contact for one in waiting]


async def first(sender: ChannelSender, limit: int) -> list[str]:
    """Whose callbacks are worked off next."""
    async with sender.runtime.db.connection() as connection:
        found = await inbox.contacts_with_open(
            connection, sender.schema, sender.runtime.clock(), limit=limit
        )
    return [workspace for workspace, _ in found]


async def test_callbacks_of_a_workspace_do_not_wait_for_all_of_another(
    sender: ChannelSender,
) -> None:
    await wait_in_inbox(sender, "loud", 50)
    await wait_in_inbox(sender, "acme", 2)

    assert sorted((await first(sender, 20))[:4]) == ["acme", "acme", "loud", "loud"]


async def test_a_flood_alone_has_all_that_there_is_room_for(sender: ChannelSender) -> None:
    await wait_in_inbox(sender, "loud", 50)

    assert await first(sender, 20) == ["loud"] * 20


async def test_what_was_put_off_takes_nobody_s_place(sender: ChannelSender) -> None:
    put_off = await wait_in_inbox(sender, "loud", 3)
    async with sender.runtime.db.transaction() as connection:
        for contact in put_off[:2]:
            await inbox.put_off(connection, sender.schema, contact, sender.runtime.clock())

    assert await first(sender, 20) == ["loud"]


async def test_one_callback_that_cannot_be_handled_waits_alone(
    sender: ChannelSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = sender.providers["twilio"]
    bad, *_ = await wait_in_inbox(sender, "acme", 3)

    def report(self: object, fields: Mapping[str, Any]) -> None:
        if fields["number"] == 0:
            raise RuntimeError("a bug")

    monkeypatch.setattr(type(provider), "report", report)

    assert await sender.reader.work_once() == 2
    async with sender.runtime.db.connection() as connection:
        left = await connection.fetch(
            sender.schema(
                "select workspace, contact_id, attempts from {schema}.inbox where done_at is null"
                " and due_at > $1"
            ),
            sender.runtime.clock(),
        )
    assert [tuple(row) for row in left] == [(*bad, 1)]


async def test_looking_for_work_costs_what_is_taken_however_much_is_open(
    sender: ChannelSender,
) -> None:
    """By its plan: nothing is sorted that is not taken, and no table is read as a whole."""
    await wait_in_inbox(sender, "loud", 3_000)
    async with sender.runtime.db.connection() as connection:
        await connection.execute(sender.schema("analyze {schema}.inbox"))
        plan = await connection.fetch(
            "explain (analyze, costs off, timing off, buffers off, format text) "
            + sender.schema(inbox.WORKSPACES + inbox._CONTACTS),
            sender.runtime.clock(), 100, 10, ["status", "message"],
        )  # fmt: skip
    lines = [row[0] for row in plan]

    assert not [line for line in lines if "Seq Scan" in line], lines
    read = [line for line in lines if "inbox_due" in line]
    rows = [float(line.split("rows=")[1].split()[0]) for line in read]
    assert max(rows) <= 100


async def test_a_replica_works_off_what_another_does_not_hold(
    sender: ChannelSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "LIMIT", 5)
    monkeypatch.setattr(reader, "BEYOND", 20)
    waiting = await wait_in_inbox(sender, "acme", 8)
    db, schema = sender.runtime.db, sender.schema
    async with db.connection() as connection:
        await contacts.ensure(connection, schema, waiting)

    async with db.transaction() as another:
        await contacts.lock(another, schema, waiting[:5])
        worked = await asyncio.wait_for(sender.reader.work_once(), 10)

    assert worked == 3
    assert await sender.reader.work_once() == 5


def places(workspace: str, count: int) -> list[Place]:
    account = TwilioSmsAccount(
        id="main", account_sid="AC1", auth_token="secret:token",
        senders=tuple(SenderNumber(number=f"+1202555{n:04}") for n in range(count)),
    )  # fmt: skip
    return [Place(Lane(workspace, "main", one.number), account, one) for one in account.senders]


def whose(found: Sequence[Place]) -> list[str]:
    return [place.lane.workspace for place in found]


def test_a_workspace_of_a_thousand_numbers_has_ten_claims_while_others_have_theirs() -> None:
    found = fair([*places("loud", 1_000), *places("acme", 2)])

    assert whose(found[:4]) == ["loud", "acme", "loud", "acme"]
    assert whose(found).count("loud") == 10
    assert whose(found).count("acme") == 2


def test_lanes_keep_their_order_within_a_workspace() -> None:
    mine = places("acme", 12)

    assert fair(mine) == mine[:10]


async def test_what_a_newer_version_stored_keeps_nothing_else_waiting(
    sender: ChannelSender,
) -> None:
    (who,) = await wait_in_inbox(sender, "acme", 1)
    table = sender.schema("{schema}.inbox")
    async with sender.runtime.db.transaction() as connection:
        await connection.execute(f"alter table {table} drop constraint inbox_kind_check")
        await connection.execute(
            f"insert into {table} (workspace, account, event_key, provider, kind, contact_id,"
            " message_id, fields, received_at) select workspace, account, 'newer', provider,"
            f" 'reaction', contact_id, message_id, fields, '2026-01-01' from {table}"
        )
        found = await inbox.open_entries(connection, sender.schema, [who])
        await connection.execute(f"update {table} set done_at = now() where kind = 'status'")
        left = await inbox.contacts_with_open(
            connection, sender.schema, sender.runtime.clock(), limit=10
        )
        await connection.execute(f"delete from {table} where kind = 'reaction'")
        await connection.execute(
            f"alter table {table} add constraint inbox_kind_check"
            " check (kind in ('status', 'message'))"
        )

    assert [entry.callback.kind for entry in found] == [CallbackKind.STATUS]
    assert left == []
