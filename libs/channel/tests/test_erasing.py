"""Erased contacts: what waits is not sent, what is on its way is waited for, and all of it goes."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from channel.incoming import entries, inbox, unmatched
from channel.incoming.entries import Callback
from channel.incoming.unmatched import Unmatched
from channel.outgoing.due import Lane
from channel.outgoing.recording import Posted
from channel.providers import CallbackKind
from channel.sender import ChannelSender
from channel.store import links, windows
from channel.store.links import Told
from channel.store.outcomes import Accepted, NothingLeft
from channel.store.windows import Heard
from common import events
from common.bus import Partition, Record
from common.events.consent import ContactErased
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.sends import Step, StepCancelled, StepKind
from common.events.values import Channel, Metric
from common.ids import erasure_id
from common.time import utc_now
from common.topics import CALLBACKS

LANE = Lane("acme", "main", "+12025550190")
NUMBER, WORDS = "+12025550101", "the queue was long"
SURVEY = Questionnaire(
    survey_id="after-call",
    survey_version=1,
    metric=Metric.CSAT,
    language="en",
    brand="Acme",
    questions=(Question(id="score", kind=QuestionKind.RATING, text="1 to 5?", low=1, high=5),),
)


def event(fact: Any, aggregate: UUID, *, at: Any = None) -> Any:
    return events.envelope(
        fact,
        aggregate=aggregate,
        revision=0,
        source="/orchestrator",
        time=at or utc_now(),
        workspace="acme",
    )


def step(contact: UUID) -> Step:
    return Step(
        id=uuid4(),
        invitation_id=uuid4(),
        interaction_id=uuid4(),
        contact_id=contact,
        kind=StepKind.ASK,
        number=0,
        channel=Channel.SMS,
        address=NUMBER,
        flow_id="flow",
        flow_version=1,
        questionnaire=SURVEY,
        expires_at=utc_now() + timedelta(hours=4),
    )


def callback(contact: UUID, key: str, kind: CallbackKind, **changes: Any) -> Callback:
    facts: dict[str, Any] = {"received_at": utc_now(), **changes}
    return Callback(
        provider="twilio",
        event_key=key,
        message_id=key,
        kind=kind,
        workspace="acme",
        account="main",
        contact_id=contact,
        fields={"From": NUMBER, "Body": WORDS},
        **facts,
    )


async def erase(sender: ChannelSender, contact: UUID, *, times: int = 1) -> Any:
    at = utc_now()
    told = event(ContactErased(contact_id=contact, erased_at=at), erasure_id(contact, at))
    await sender.erasing.on_erased([told] * times)
    return at


async def held(sender: ChannelSender) -> str:
    """All rows of all tables but the outbox, as text."""
    async with sender.runtime.db.connection() as connection:
        tables = await connection.fetch(
            "select table_name from information_schema.tables"
            " where table_schema = 'sms_sender' and table_name <> 'outbox'"
        )
        rows = [
            row["row"]
            for [table] in tables
            for row in await connection.fetch(f"select t::text as row from sms_sender.{table} t")
        ]
    return "\n".join(rows)


async def outbox(sender: ChannelSender) -> list[dict[str, Any]]:
    async with sender.runtime.db.connection() as connection:
        rows = await connection.fetch("select value from sms_sender.outbox order by id")
    return [json.loads(row["value"]) for row in rows]


async def lived_in(sender: ChannelSender, contact: UUID) -> Step:
    """Asked, wrote something odd, and was told a link."""
    one = step(contact)
    await sender.intake.on_steps([event(one, one.id)])
    [claimed] = (await sender.worker.claims.claim(LANE, 1)).claimed
    await sender.worker.recording.put(
        Posted(claimed=claimed, outcome=Accepted("SM1"), pause=timedelta(0))
    )
    stored = [callback(contact, key, CallbackKind.MESSAGE) for key in ("m1", "m2")]
    await inbox.store(sender.runtime.db, sender.schema, stored, clock=utc_now)
    await sender.reader.work_once()
    now = utc_now()
    async with sender.runtime.db.transaction() as connection:
        message = Unmatched(
            workspace="acme",
            id=uuid4(),
            account="main",
            our_number=LANE.sender,
            contact_id=contact,
            address=NUMBER,
            text=WORDS,
            received_at=now,
            why="late",
        )
        await unmatched.keep(connection, sender.schema, [message])
        told = Told(
            token=f"token-of-{contact.hex[:7]}",
            workspace="acme",
            invitation_id=one.invitation_id,
            contact_id=contact,
            survey_id="after-call",
            link="review",
            our_number=None,
            band="high",
            test=False,
            told_at=now,
            language="en",
        )
        await links.tell(connection, sender.schema, [told])
        heard = Heard(workspace="acme", our_number=LANE.sender, contact_id=contact, heard_at=now)
        await windows.heard(connection, sender.schema, [heard])
    return one


async def test_all_that_is_about_them_goes_and_links_stay_counted(sender: ChannelSender) -> None:
    gone, stays = uuid4(), uuid4()
    old = await lived_in(sender, gone)
    other = step(stays)
    await sender.intake.on_steps([event(other, other.id)])

    at = await erase(sender, gone, times=2)
    await sender.erasing.delete_some()
    late = StepCancelled(
        step_id=old.id,
        invitation_id=old.invitation_id,
        contact_id=gone,
        channel=Channel.SMS,
        reason="erased",
        cancelled_at=at,
    )
    await sender.intake.on_steps([event(old, old.id, at=at - timedelta(seconds=1))])
    await sender.intake.on_cancelled([event(late, old.id, at=at)])

    left = await held(sender)
    assert WORDS not in left
    assert left.count(str(gone)) == 1  # the tombstone
    assert str(old.invitation_id) not in left
    assert left.count(str(stays)) == 2
    counts = await sender.clicks.counts("acme", since=None, until=utc_now() + timedelta(days=1))
    assert [(one.link, one.told) for one in counts] == [("review", 1)]
    done = [one["data"] for one in await outbox(sender) if one["type"] == "erasure.done.v1"]
    assert [one["erasure_id"] for one in done] == [str(erasure_id(gone, at))]
    assert [one["service"] for one in done] == ["sms-sender"]


async def test_what_waits_is_cancelled_at_once(sender: ChannelSender) -> None:
    one = step(uuid4())
    await sender.intake.on_steps([event(one, one.id)])

    await erase(sender, one.contact_id)

    assert (await sender.worker.claims.claim(LANE, 1)).claimed == ()
    [told] = [found["data"] for found in await outbox(sender)]
    assert (told["status"], told["reason"]) == ("cancelled", "erased")


async def test_what_is_on_its_way_is_waited_for_and_not_tried_again(sender: ChannelSender) -> None:
    one = step(uuid4())
    await sender.intake.on_steps([event(one, one.id)])
    [claimed] = (await sender.worker.claims.claim(LANE, 1)).claimed
    await erase(sender, one.contact_id)

    assert not await sender.erasing.delete_some()
    await sender.worker.recording.put(
        Posted(claimed=claimed, outcome=NothingLeft("connect"), pause=timedelta(seconds=-5))
    )
    again = await sender.worker.claims.claim(LANE, 1)
    assert await sender.erasing.delete_some()

    assert (list(again.claimed), again.refused) == ([], 1)
    assert NUMBER not in await held(sender)


async def test_a_record_that_comes_after_all_was_deleted_harms_nobody(
    sender: ChannelSender,
) -> None:
    gone, stays = step(uuid4()), step(uuid4())
    await sender.intake.on_steps([event(one, one.id) for one in (gone, stays)])
    claimed = (await sender.worker.claims.claim(LANE, 2)).claimed
    sender.runtime.clock.offset = timedelta(minutes=5)  # type: ignore[attr-defined]
    await sender.sweeps.give_up_claims()
    await erase(sender, gone.contact_id)
    await sender.erasing.delete_some()

    for one in claimed:
        await sender.worker.recording.put(
            Posted(claimed=one, outcome=Accepted("SM1"), pause=timedelta(0))
        )

    left = await held(sender)
    assert str(gone.id) not in left
    assert str(stays.id) in left


async def test_an_answer_that_waits_is_worked_off_first(sender: ChannelSender) -> None:
    """It may be a no, which the ledger has to hear of."""
    contact = uuid4()
    stop = callback(contact, "m1", CallbackKind.MESSAGE, stop=True)
    await inbox.store(sender.runtime.db, sender.schema, [stop], clock=utc_now)
    await erase(sender, contact)

    assert not await sender.erasing.delete_some()
    async with sender.runtime.db.connection() as connection:
        await connection.execute("update sms_sender.inbox set done_at = now()")
    assert await sender.erasing.delete_some()

    left = await held(sender)
    assert NUMBER not in left
    async with sender.runtime.db.connection() as connection:
        assert await connection.fetchval("select suppressed from sms_sender.contacts")


async def test_what_a_provider_tells_late_leaves_no_number(
    sender: ChannelSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = uuid4()
    await lived_in(sender, contact)
    await erase(sender, contact)
    await sender.erasing.delete_some()
    monkeypatch.setattr("channel.incoming.contact_work.EARLY", timedelta(0))

    status = callback(contact, "s1", CallbackKind.STATUS)
    await inbox.store(sender.runtime.db, sender.schema, [status], clock=utc_now)
    await sender.reader.work_once()

    assert NUMBER not in await held(sender)


async def test_callbacks_of_before_that_lay_in_the_topic_are_dropped_but_for_a_no(
    sender: ChannelSender,
) -> None:
    contact = uuid4()
    before = utc_now() - timedelta(minutes=1)
    await erase(sender, contact)
    requests = [
        callback(contact, "m1", CallbackKind.MESSAGE, received_at=before),
        callback(contact, "m2", CallbackKind.MESSAGE, received_at=before, stop=True),
        callback(contact, "m3", CallbackKind.MESSAGE),
    ]

    await sender.receiver.on_records([_record(one) for one in requests])

    async with sender.runtime.db.connection() as connection:
        rows = await connection.fetch("select event_key from sms_sender.inbox order by 1")
    assert [row["event_key"] for row in rows] == ["m2", "m3"]


def _record(one: Callback) -> Record:
    [value] = entries.encode([one])
    return Record(
        partition=Partition(CALLBACKS, 0),
        offset=0,
        key=None,
        value=value,
        headers=(("aftercall-sender", b"sms_sender"),),
        timestamp=utc_now(),
    )
