"""Claims: what may go out, and that two of them never meet over a send or a contact."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from channel import audit, contacts, sends
from channel.claims import REPLIES, Lane
from channel.contacts import Consent
from channel.delivery import Send, SendKind, Status
from channel.kit import Kit
from channel.outcomes import Accepted, NothingLeft
from channel.records import Posted
from channel.sends import NewSend
from common import events
from common.events.consent import ConsentState
from common.events.questionnaire import Question, QuestionKind, Questionnaire
from common.events.sends import Step, StepKind
from common.events.values import Channel, Metric
from common.time import utc_now
from common.topics import CONSENT

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


async def queue(kit: Kit, *steps: Step) -> None:
    await kit.orders.on_steps(
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


def reply_to(contact: UUID) -> NewSend:
    send = Send(
        id=uuid4(),
        kind=SendKind.REPLY,
        workspace="acme",
        contact_id=contact,
        state=Status.QUEUED,
        due_at=utc_now(),
        expires_at=utc_now() + timedelta(hours=1),
        account=LANE.account,
        sender=LANE.sender,
    )
    return NewSend(send=send, address="+12025550102", text="Thanks")


def postbox(kit: Kit) -> Any:
    """See `conftest.py`."""
    return kit.ports.carrier


async def state(kit: Kit, send: UUID) -> Send:
    async with kit.runtime.db.transaction() as connection:
        return (await sends.locked(connection, kit.schema, [send]))[send]


async def test_nobody_is_asked_before_it_is_known_who_said_no(kit: Kit) -> None:
    await queue(kit, step())
    working = asyncio.create_task(kit.worker.run())
    await asyncio.sleep(0.5)
    posted_before = list(postbox(kit).posted)

    await kit.runtime.bus.create_topics({CONSENT: 3})
    await kit.consent_known.look()
    async with asyncio.timeout(10):
        while not postbox(kit).posted:  # noqa: ASYNC110 - the worker looks by itself
            await asyncio.sleep(0.05)

    working.cancel()
    await asyncio.wait([working])
    assert posted_before == []


async def test_people_who_wrote_are_answered_while_nobody_is_asked(kit: Kit) -> None:
    ask, reply = step(), reply_to(uuid4())
    await queue(kit, ask)
    async with kit.runtime.db.transaction() as connection:
        await contacts.ensure(connection, kit.schema, {reply.send.contact_id: "acme"})
        await sends.insert(connection, kit.schema, [reply])

    (claimed,) = (await kit.worker.claims.claim(LANE, 10, REPLIES)).claimed

    assert claimed.send.id == reply.send.id
    assert (await state(kit, ask.id)).state is Status.QUEUED


async def test_many_claims_at_once_take_each_send_once(kit: Kit) -> None:
    await queue(kit, *(step() for _ in range(60)))
    taken = await asyncio.gather(*(kit.worker.claims.claim(LANE, 20) for _ in range(8)))
    rest = await kit.worker.claims.claim(LANE, 100)

    ids = [item.send.id for one in (*taken, rest) for item in one.claimed]
    assert len(ids) == len(set(ids)) == 60


async def test_a_claim_passes_by_contacts_that_somebody_holds(kit: Kit) -> None:
    held, free = step(), step()
    await queue(kit, held, free)
    async with kit.runtime.db.transaction() as connection:
        await contacts.lock(connection, kit.schema, [held.contact_id])
        taken = await kit.worker.claims.claim(LANE, 10)

    assert [item.send.id for item in taken.claimed] == [free.id]


async def test_a_stop_that_commits_while_a_claim_looks_is_seen(kit: Kit) -> None:
    contact = uuid4()
    await queue(kit, step(contact))
    withdrawn = Consent(
        workspace="acme",
        contact_id=contact,
        state=ConsentState.WITHDRAWN,
        occurred_at=utc_now(),
    )
    async with kit.runtime.db.transaction() as connection:
        await contacts.decide(connection, kit.schema, [withdrawn], now=utc_now())
        during = await kit.worker.claims.claim(LANE, 10)
    after = await kit.worker.claims.claim(LANE, 10)

    assert (list(during.claimed), during.refused) == ([], 0)
    assert (list(after.claimed), after.refused) == ([], 1)
    async with kit.runtime.db.connection() as connection:
        assert await audit.late_claims(connection, kit.schema) == []


async def test_replies_go_before_asks(kit: Kit) -> None:
    ask = step()
    await queue(kit, ask)
    reply = Send(
        id=uuid4(),
        kind=SendKind.REPLY,
        workspace="acme",
        contact_id=ask.contact_id,
        state=Status.QUEUED,
        due_at=utc_now(),
        expires_at=utc_now() + timedelta(hours=1),
        account="main",
        sender=LANE.sender,
    )
    async with kit.runtime.db.transaction() as connection:
        await sends.insert(
            connection, kit.schema, [NewSend(send=reply, address=ask.address, text="Thanks")]
        )
    taken = await kit.worker.claims.claim(LANE, 1)

    assert [item.send.id for item in taken.claimed] == [reply.id]


async def test_a_claim_that_nobody_records_is_unknown_after_a_while(kit: Kit) -> None:
    ask = step()
    await queue(kit, ask)
    await kit.worker.claims.claim(LANE, 1)
    await kit.sweeps.sweep_once()
    assert (await state(kit, ask.id)).state is Status.CLAIMED

    kit.runtime.clock.offset = timedelta(seconds=61)  # type: ignore[attr-defined]
    await kit.sweeps.sweep_once()

    lost = await state(kit, ask.id)
    assert (lost.state, lost.reason) == (Status.UNKNOWN, "claim without a record")
    assert (await kit.worker.claims.claim(LANE, 1)).claimed == ()


async def test_a_record_comes_late_and_still_tells_what_happened(kit: Kit) -> None:
    ask = step()
    await queue(kit, ask)
    (claimed,) = (await kit.worker.claims.claim(LANE, 1)).claimed
    kit.runtime.clock.offset = timedelta(seconds=61)  # type: ignore[attr-defined]
    await kit.sweeps.sweep_once()
    await kit.worker.records.put(
        Posted(claimed=claimed, outcome=Accepted("SM1"), pause=timedelta(0))
    )

    assert (await state(kit, ask.id)).state is Status.SENT


async def test_a_record_of_an_older_claim_releases_no_newer_one(kit: Kit) -> None:
    ask = step()
    await queue(kit, ask)
    (first,) = (await kit.worker.claims.claim(LANE, 1)).claimed
    waits = Posted(claimed=first, outcome=NothingLeft("connect"), pause=timedelta(0))
    await kit.worker.records.put(waits)
    (second,) = (await kit.worker.claims.claim(LANE, 1)).claimed
    await kit.worker.records.put(replace(waits))  # its commit had been in doubt

    assert second.send.attempts == 2
    assert (await state(kit, ask.id)).state is Status.CLAIMED
