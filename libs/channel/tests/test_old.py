"""Messages that are too old go, with what people wrote and the dialogues of both."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from channel.operation.retaining import retaining
from channel.sender import ChannelSender
from channel.store import old
from common.database import retention
from common.time import utc_now

DAY = timedelta(days=1)
TABLES = ("sends", "messages", "dialogues", "inbox", "unmatched")


async def _lived(sender: ChannelSender, now: datetime) -> None:
    """One ask a day with its answer, for ten days until now."""
    async with sender.runtime.db.transaction() as connection:
        for statement in (
            "insert into sms_sender.sends (workspace, id, kind, contact_id, state, due_at,"
            " expires_at, sender, invitation_id, created_at) select 'acme', gen_random_uuid(),"
            " 'step', gen_random_uuid(), 'delivered', at, at, '+1', gen_random_uuid(), at"
            " from generate_series($1::timestamptz - interval '9 days', $1, '1 day') at",
            "insert into sms_sender.messages (workspace, send_id, address, content)"
            " select workspace, id, '+12025550101', '{}' from sms_sender.sends"
            " where $1::timestamptz is not null",
            "insert into sms_sender.dialogues (workspace, our_number, contact_id, invitation_id,"
            " opened_at, answers_until) select workspace, sender, contact_id, invitation_id,"
            " created_at, created_at from sms_sender.sends where $1::timestamptz is not null",
            "insert into sms_sender.inbox (workspace, account, event_key, provider, kind,"
            " contact_id, message_id, fields, received_at) select workspace, 'main', id::text,"
            " 'twilio', 'message', contact_id, id::text, '{}', created_at from sms_sender.sends"
            " where $1::timestamptz is not null",
            "insert into sms_sender.unmatched (workspace, id, account, our_number, contact_id,"
            " address, text, received_at, why) select workspace, id, 'main', '+1', contact_id,"
            " '+12025550101', 'what', created_at, 'late' from sms_sender.sends"
            " where $1::timestamptz is not null",
        ):
            await connection.execute(statement, now)


async def test_what_is_too_old_goes_and_the_rest_stays(
    sender: ChannelSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "REST", 0)
    monkeypatch.setattr(old, "LIMIT", 2)
    now = utc_now()
    await _lived(sender, now)
    sweeping = retaining(sender.runtime, sender.schema)

    async def wanted() -> Any:
        return [("acme", "messages", 5 * DAY + timedelta(hours=1))]

    sweeping.wanted = wanted
    await sweeping.round()

    async with sender.runtime.db.connection() as connection:
        left = {
            table: await connection.fetchval(f"select count(*) from sms_sender.{table}")
            for table in TABLES
        }
    assert left == dict.fromkeys(TABLES, 6)


async def test_a_workspace_says_how_long(sender: ChannelSender) -> None:
    wanted = list(await retaining(sender.runtime, sender.schema).wanted())

    assert [(workspace, kind) for workspace, kind, _ in wanted] == [("acme", "messages")]
