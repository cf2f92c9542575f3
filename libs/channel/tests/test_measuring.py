"""The gauges of what waits, against rows that wait."""

from datetime import timedelta

from prometheus_client import REGISTRY

from channel.operation.measuring import Measuring
from channel.sender import ChannelSender
from common.database import Database
from common.time import utc_now

_SENDS = """
    insert into sms_sender.sends
        (id, kind, workspace, contact_id, state, due_at, expires_at, closed_at, look_up_at)
    select gen_random_uuid(), 'step', 'acme', gen_random_uuid(), state, now() + due, now(), closed,
           case when state = 'unknown' and closed is null then now() end
    from (values ('queued', interval '-1 s', null::timestamptz), ('queued', '-1 h', null),
                 ('queued', '1 h', null), ('unknown', '-1 h', null), ('unknown', '-1 h', now()),
                 ('sent', '-1 h', null)) v (state, due, closed)
"""
_INBOX = """
    insert into sms_sender.inbox
        (provider, event_key, kind, workspace, account, contact_id, message_id, fields,
         received_at, done_at)
    values ('twilio', $1, 'status', 'acme', 'main', gen_random_uuid(), $1, '{}', $2, $3)
"""


def told(gauge: str) -> float | None:
    return REGISTRY.get_sample_value(gauge, {"schema": "sms_sender"})


async def test_what_waits_is_counted_and_its_age_told(
    sender: ChannelSender, database: Database
) -> None:
    now = utc_now()
    async with database.connection() as connection:
        await connection.execute(_SENDS)
        for name, age, done in (("a", 90, None), ("b", 20, None), ("c", 500, now)):
            await connection.execute(_INBOX, name, now - timedelta(seconds=age), done)

    await Measuring(database, sender.schema, utc_now).measure()

    assert told("aftercall_sends_due") == 2
    assert told("aftercall_sends_unknown") == 1
    assert told("aftercall_inbox_open") == 2
    assert 90 <= (told("aftercall_inbox_age_seconds") or 0) < 120


async def test_nothing_waits_in_an_empty_schema(sender: ChannelSender, database: Database) -> None:
    await Measuring(database, sender.schema, utc_now).measure()

    names = ("sends_due", "sends_unknown", "inbox_open", "inbox_age_seconds")
    assert [told(f"aftercall_{name}") for name in names] == [0] * 4
