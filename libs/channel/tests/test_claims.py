"""Claims: what may go out, and that two of them never meet over a send or a contact."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from channel.content import Text
from channel.incoming import inbox
from channel.incoming.entries import Callback
from channel.operation import audit
from channel.outgoing.claims import UNCLEAR
from channel.outgoing.due import FOLLOW_UPS, Lane
from channel.outgoing.recording import Posted
from channel.providers import CallbackKind
from channel.sender import ChannelSender
from channel.store import contacts, sends
from channel.store.contacts import Consent
from channel.store.delivery import Send, SendKind
from channel.store.outcomes import Accepted, Ambiguous, NothingLeft, Outcome, Rejected
from channel.store.sends import NewSend
from common import events
from common.config.store import Document, save
from common.events.consent import ConsentState
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.sends import DeliveryStatus, FailureClass, Step, StepKind
from common.events.values import Channel, Metric
from common.time import utc_now
from common.topics import CALLBACKS, CONSENT

LANE = Lane("acme", "main", "+12025550190")
SURVEY = Questionnaire(
    survey_id="after-call",
    survey_version=1,
    metric=Metric.CSAT,
    language="en",
    brand="Acme",
    questions=(Question(id="score", kind=QuestionKind.RATING, text="1 to 5?", low=1, high=5),),
)


def step(contact: UUID | None = None) -> Step:
    return Step(
        id=uuid4(),
        invitation_id=uuid4(),
        interaction_id=uuid4(),
        contact_id=contact or uuid4(),
        kind=StepKind.ASK,
        number=0,
        channel=Channel.SMS,
        address="+12025550101",
        flow_id="flow",
        flow_version=1,
        questionnaire=SURVEY,
        expires_at=utc_now() + timedelta(hours=4),
    )


async def queue(sender: ChannelSender, *steps: Step) -> None:
    await sender.intake.on_steps(
        [
            events.envelope(
                one,
                aggregate=one.id,
                revision=1,
                source="/orchestrator",
                time=utc_now(),
                workspace="acme",
            )
            for one in steps
        ]
    )


def follow_up_for(contact: UUID) -> NewSend:
    send = Send(
        id=uuid4(),
        kind=SendKind.FOLLOW_UP,
        workspace="acme",
        contact_id=contact,
        state=DeliveryStatus.QUEUED,
        due_at=utc_now(),
        expires_at=utc_now() + timedelta(hours=1),
        account=LANE.account,
        sender=LANE.sender,
    )
    return NewSend(send=send, address="+12025550102", content=Text(text="Thanks"))


async def state(sender: ChannelSender, send: UUID) -> Send:
    async with sender.runtime.db.transaction() as connection:
        return (await sends.locked(connection, sender.schema, [("acme", send)]))[("acme", send)]


def posted(sender: ChannelSender) -> list[Any]:
    """See `conftest.py`."""
    provider: Any = sender.providers["twilio"]
    return list(provider.posted)


async def test_nobody_is_asked_before_it_is_known_who_said_no(
    sender: ChannelSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERCALL_SECRET_NONE", "the token of the account")
    await queue(sender, step())
    working = asyncio.create_task(sender.worker.run())
    await asyncio.sleep(0.5)
    posted_before = posted(sender)

    await sender.runtime.bus.create_topics({CONSENT: 3, CALLBACKS: 3})
    await sender.consent_known.look()
    async with asyncio.timeout(90):
        while not posted(sender):  # noqa: ASYNC110 - the worker looks by itself
            await asyncio.sleep(0.05)

    working.cancel()
    await asyncio.wait([working])
    assert posted_before == []


async def test_people_who_wrote_are_answered_while_nobody_is_asked(sender: ChannelSender) -> None:
    ask, answer = step(), follow_up_for(uuid4())
    await queue(sender, ask)
    async with sender.runtime.db.transaction() as connection:
        await contacts.ensure(connection, sender.schema, [("acme", answer.send.contact_id)])
        await sends.insert(connection, sender.schema, [answer])

    (claimed,) = (await sender.worker.claims.claim(LANE, 10, FOLLOW_UPS)).claimed

    assert claimed.send.id == answer.send.id
    assert (await state(sender, ask.id)).state is DeliveryStatus.QUEUED


async def test_many_claims_at_once_take_each_send_once(sender: ChannelSender) -> None:
    await queue(sender, *(step() for _ in range(60)))
    taken = await asyncio.gather(*(sender.worker.claims.claim(LANE, 20) for _ in range(8)))
    rest = await sender.worker.claims.claim(LANE, 100)

    ids = [item.send.id for one in (*taken, rest) for item in one.claimed]
    assert len(ids) == len(set(ids)) == 60


async def test_a_claim_passes_by_contacts_that_somebody_holds(sender: ChannelSender) -> None:
    held, free = step(), step()
    await queue(sender, held, free)
    async with sender.runtime.db.transaction() as connection:
        await contacts.lock(connection, sender.schema, [("acme", held.contact_id)])
        taken = await sender.worker.claims.claim(LANE, 10)

    assert [item.send.id for item in taken.claimed] == [free.id]


async def test_a_stop_that_commits_while_a_claim_looks_is_seen(sender: ChannelSender) -> None:
    contact = uuid4()
    await queue(sender, step(contact))
    withdrawn = Consent(
        workspace="acme",
        contact_id=contact,
        state=ConsentState.WITHDRAWN,
        occurred_at=utc_now(),
    )
    async with sender.runtime.db.transaction() as connection:
        await contacts.decide(connection, sender.schema, [withdrawn], now=utc_now())
        during = await sender.worker.claims.claim(LANE, 10)
    after = await sender.worker.claims.claim(LANE, 10)

    assert (list(during.claimed), during.refused) == ([], 0)
    assert (list(after.claimed), after.refused) == ([], 1)
    async with sender.runtime.db.connection() as connection:
        assert await audit.late_claims(connection, sender.schema) == []


async def test_a_stop_counts_as_soon_as_it_is_stored_though_nobody_has_read_it(
    sender: ChannelSender,
) -> None:
    ask, other = step(), step()
    await queue(sender, ask, other)
    stop = Callback(
        provider="twilio",
        event_key="m1",
        message_id="m1",
        kind=CallbackKind.MESSAGE,
        workspace="acme",
        account="main",
        contact_id=ask.contact_id,
        fields={},
        received_at=utc_now(),
        stop=True,
    )

    await inbox.store(sender.runtime.db, sender.schema, [stop], clock=utc_now)

    taken = await sender.worker.claims.claim(LANE, 10)
    assert [one.send.id for one in taken.claimed] == [other.id]
    assert (await state(sender, ask.id)).reason == "opted_out"


async def test_follow_ups_go_before_asks(sender: ChannelSender) -> None:
    ask = step()
    await queue(sender, ask)
    follow_up = Send(
        id=uuid4(),
        kind=SendKind.FOLLOW_UP,
        workspace="acme",
        contact_id=ask.contact_id,
        state=DeliveryStatus.QUEUED,
        due_at=utc_now(),
        expires_at=utc_now() + timedelta(hours=1),
        account="main",
        sender=LANE.sender,
    )
    async with sender.runtime.db.transaction() as connection:
        await sends.insert(
            connection,
            sender.schema,
            [NewSend(send=follow_up, address=ask.address, content=Text(text="Thanks"))],
        )
    taken = await sender.worker.claims.claim(LANE, 1)

    assert [item.send.id for item in taken.claimed] == [follow_up.id]


async def test_a_claim_that_nobody_records_is_unknown_after_a_while(sender: ChannelSender) -> None:
    ask = step()
    await queue(sender, ask)
    await sender.worker.claims.claim(LANE, 1)
    await sender.sweeps.sweep_once()
    assert (await state(sender, ask.id)).state is DeliveryStatus.CLAIMED

    sender.runtime.clock.offset = timedelta(seconds=61)  # type: ignore[attr-defined]
    await sender.sweeps.sweep_once()

    lost = await state(sender, ask.id)
    assert (lost.state, lost.reason) == (DeliveryStatus.UNKNOWN, "claim without a record")
    assert (await sender.worker.claims.claim(LANE, 1)).claimed == ()


async def test_a_record_comes_late_and_still_tells_what_happened(sender: ChannelSender) -> None:
    ask = step()
    await queue(sender, ask)
    (claimed,) = (await sender.worker.claims.claim(LANE, 1)).claimed
    sender.runtime.clock.offset = timedelta(seconds=61)  # type: ignore[attr-defined]
    await sender.sweeps.sweep_once()
    await sender.worker.recording.put(
        Posted(claimed=claimed, outcome=Accepted("SM1"), pause=timedelta(0))
    )

    assert (await state(sender, ask.id)).state is DeliveryStatus.SENT


async def test_a_record_of_an_older_claim_releases_no_newer_one(sender: ChannelSender) -> None:
    ask = step()
    await queue(sender, ask)
    (first,) = (await sender.worker.claims.claim(LANE, 1)).claimed
    waits = Posted(claimed=first, outcome=NothingLeft("connect"), pause=timedelta(0))
    await sender.worker.recording.put(waits)
    (second,) = (await sender.worker.claims.claim(LANE, 1)).claimed
    await sender.worker.recording.put(replace(waits))  # its commit had been in doubt

    assert second.send.attempts == 2
    assert (await state(sender, ask.id)).state is DeliveryStatus.CLAIMED


async def write_flow(sender: ChannelSender, **changes: object) -> None:
    """As a newer version may write it."""
    body = {"id": "flow", "survey": "after-call", "enabled": True, **changes}
    async with sender.runtime.db.transaction() as connection:
        document = Document(workspace="acme", kind="flow", id="flow", body=body)
        await save(connection, [document], by="test")


async def test_a_step_of_a_flow_that_cannot_be_read_waits_until_it_can(
    sender: ChannelSender,
) -> None:
    ask = step()
    await queue(sender, ask)
    await write_flow(sender, quiet_hours="default")
    taken = await sender.worker.claims.claim(LANE, 10)
    assert (list(taken.claimed), taken.refused) == ([], 0)
    assert (await state(sender, ask.id)).state is DeliveryStatus.QUEUED

    await write_flow(sender)
    sender.runtime.clock.offset = UNCLEAR  # type: ignore[attr-defined]
    taken = await sender.worker.claims.claim(LANE, 10)

    assert [item.send.id for item in taken.claimed] == [ask.id]


async def test_a_step_of_a_flow_that_cannot_be_read_expires_in_its_time(
    sender: ChannelSender,
) -> None:
    ask = step()
    await queue(sender, ask)
    await write_flow(sender, quiet_hours="default")
    sender.runtime.clock.offset = timedelta(hours=4)  # type: ignore[attr-defined]
    await sender.worker.claims.claim(LANE, 10)

    assert (await state(sender, ask.id)).failure == FailureClass.EXPIRED


async def test_a_kind_of_send_that_is_not_known_is_left_to_whoever_knows_it(
    sender: ChannelSender,
) -> None:
    ask = step()
    await queue(sender, ask)
    async with sender.runtime.db.connection() as connection:
        # A newer version's migration allows it.
        await connection.execute(
            sender.schema(
                "alter table {schema}.sends drop constraint sends_kind_check;"
                " update {schema}.sends set kind = 'card'"
            )
        )
    taken = await sender.worker.claims.claim(LANE, 10)

    assert list(taken.claimed) == []
    async with sender.runtime.db.connection() as connection:
        rows = await connection.fetch(sender.schema("select kind, state from {schema}.sends"))
    assert [tuple(row) for row in rows] == [("card", "queued")]


async def test_what_might_ask_twice_or_cannot_be_read_is_not_sent(sender: ChannelSender) -> None:
    choice = Question(id="pick", kind=QuestionKind("choice"), text="Which?")
    newer = [
        structs.replace(step(), kind=StepKind("escalation")),
        structs.replace(step(), questionnaire=structs.replace(SURVEY, questions=(choice,))),
    ]
    await queue(sender, *newer)

    assert list((await sender.worker.claims.claim(LANE, 10)).claimed) == []
    for one in newer:
        found = await state(sender, one.id)
        assert (found.state, found.failure) == (DeliveryStatus.FAILED, FailureClass.CONFIG)
        assert "does not know" in (found.reason or "")


async def test_a_step_for_a_channel_that_is_not_known_is_not_ours(sender: ChannelSender) -> None:
    await queue(sender, structs.replace(step(), channel=Channel("rcs")))

    async with sender.runtime.db.connection() as connection:
        rows = await connection.fetch(sender.schema("select from {schema}.sends"))
    assert rows == []


async def test_a_rate_holds_over_replicas_and_restarts(sender: ChannelSender) -> None:
    await queue(sender, *(step() for _ in range(30)))
    began, sent = asyncio.get_running_loop().time(), []
    while asyncio.get_running_loop().time() < began + 2.0:
        # Claims of this moment by three replicas; nothing of an earlier one is remembered here.
        taken = await asyncio.gather(
            *(sender.worker.claims.claim(LANE, 10, per_second=3.0) for _ in range(3))
        )
        now = asyncio.get_running_loop().time()
        sent += [now for one in taken for _ in one.claimed]
        await asyncio.sleep(0.02)

    for first in sent:
        assert len([at for at in sent if first <= at < first + 1.0]) <= 4  # and one begins it
    assert 5 <= len(sent) <= 7


async def test_a_fast_number_has_its_rate_and_what_is_late_stays_queued(
    sender: ChannelSender,
) -> None:
    await queue(sender, *(step() for _ in range(200)))
    first = await sender.worker.claims.claim(LANE, 200, per_second=100.0)
    rest = await sender.worker.claims.claim(LANE, 200)

    assert (len(first.claimed), len(rest.claimed)) == (25, 175)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Accepted("S\x00M"), "unknown"),
        (Accepted("S" * 60_000), "unknown"),
        (Ambiguous("\x00"), "unknown"),
        (Rejected(FailureClass.UNKNOWN, "\x00" * 60_000), "failed"),
    ],
)
async def test_whatever_a_provider_answers_is_recorded(
    sender: ChannelSender, outcome: Outcome, state: str
) -> None:
    await queue(sender, step())
    (claimed,) = (await sender.worker.claims.claim(LANE, 1)).claimed

    await sender.worker.recording.put(Posted(claimed=claimed, outcome=outcome, pause=timedelta(0)))

    async with sender.runtime.db.connection() as connection:
        assert await connection.fetchval("select state from sms_sender.sends") == state


async def test_a_record_that_cannot_be_written_takes_no_other_with_it(
    sender: ChannelSender,
) -> None:
    await queue(sender, *(step() for _ in range(6)))
    claimed = list((await sender.worker.claims.claim(LANE, 6)).claimed)
    *good, bad = [
        Posted(claimed=one, outcome=Accepted(f"SM{n}"), pause=timedelta(0))
        for n, one in enumerate(claimed)
    ]
    bad = replace(bad, outcome=NothingLeft("connect"), pause=timedelta.max)  # no time is so late

    results = await asyncio.gather(
        *(sender.worker.recording.put(one) for one in [*good, bad]),
        return_exceptions=True,
    )

    assert [isinstance(one, Exception) for one in results] == [False] * 5 + [True]
    async with sender.runtime.db.connection() as connection:
        sends = await connection.fetch("select id, state from sms_sender.sends")
    assert [row["id"] for row in sends if row["state"] != "sent"] == [bad.claimed.send.id]
