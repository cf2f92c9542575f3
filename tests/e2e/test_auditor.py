"""The auditor finds nothing where nothing is wrong, and every damage that is done on purpose."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from common.database import Database
from common.ids import step_id
from sandbox.ledger import CreateRequest, Pressed, Webhook, only
from sandbox.reading import Scale
from sandbox.truth import Asked
from tests.e2e.counted_once import in_another_order
from tests.e2e.evidence import SENDERS
from tests.e2e.past import CALLS, Ledgers, Past, Request, happen
from tests.e2e.topics import Topics
from tests.e2e.world import KEYS

TEMPLATE = "audited"
EVERY = pytest.mark.parametrize("channel", list(SENDERS))


@pytest.fixture(scope="module")
def happened(postgres_url: str) -> Iterator[tuple[str, Ledgers, Topics]]:
    """The database as it was when all was over, to be cloned."""
    name = f"{TEMPLATE}_{uuid4().hex}"
    asyncio.run(_execute(postgres_url, f"create database {name}"))
    ledgers, topics = asyncio.run(happen(postgres_url.replace("/postgres?", f"/{name}?")))
    yield name, ledgers, topics
    asyncio.run(_execute(postgres_url, f"drop database {name} with (force)"))


@pytest_asyncio.fixture(loop_scope="session")
async def past(happened: tuple[str, Ledgers, Topics], postgres_url: str) -> AsyncIterator[Past]:
    template, ledgers, topics = happened
    name = f"{TEMPLATE}_{uuid4().hex}"
    await _execute(postgres_url, f"create database {name} template {template} strategy file_copy")
    url = postgres_url.replace("/postgres?", f"/{name}?")
    db = await Database.connect(url, size=2, master_keys=KEYS)
    yield Past(ledgers=ledgers, topics=topics, db=db)
    await db.close()
    await _execute(postgres_url, f"drop database {name} with (force)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_nothing_is_wrong_after_a_run_that_went_well(past: Past) -> None:
    report = await past.audited()

    assert report.wrong == []
    assert report.calls == report.decided == CALLS
    assert report.accepted == report.asked > 0
    assert report.acknowledged == report.stored > 0
    assert report.answered == report.in_dialogues == report.published > 0
    assert min(count for each in report.channels.values() for count in each.values()) > 0


async def test_who_was_stopped_before_a_sender_had_the_ask_is_told_with_the_reason(
    past: Past,
) -> None:
    send = (await past.ask("sms")).reference
    before = (await past.audited()).not_sent.get("flow_disabled", 0)
    await past.damage(
        "update orchestrator.invitations set status = 'cancelled', reason = 'flow_disabled'"
        f" where id = (select invitation_id from sms_sender.sends where id = '{send}')"
    )
    await past.damage(f"delete from sms_sender.sends where id = '{send}'")

    assert (await past.audited()).not_sent["flow_disabled"] == before + 1


@EVERY
async def test_a_second_request_for_a_send_is_found(past: Past, channel: str) -> None:
    ask = await past.ask(channel)

    found = await past.found(past.and_(channel, replace(ask, sid="again")))

    assert f"send {ask.reference} was accepted 2 times" in found


@EVERY
async def test_a_second_ask_about_a_call_is_found(past: Past, channel: str) -> None:
    schema, ask, other = SENDERS[channel], await past.ask(channel), uuid4()
    await past.damage(
        f"insert into {schema}.sends (id, kind, workspace, contact_id, state, due_at, expires_at,"
        " interaction_id, invitation_id)"
        f" select '{other}', kind, workspace, contact_id, 'delivered', due_at, expires_at,"
        f" interaction_id, invitation_id from {schema}.sends where id = '{ask.reference}'"
    )

    found = await past.found(past.and_(channel, replace(ask, sid="2", reference=str(other))))

    assert "was asked 2 times about call" in found


@EVERY
async def test_an_ask_by_another_channel_than_its_own_is_found(past: Past, channel: str) -> None:
    other = next(name for name in SENDERS if name != channel)
    ask = await past.ask(channel)

    found = await past.found(
        past.and_(other, replace(await past.ask(other), sid="2", reference=ask.reference))
    )

    assert f"send {ask.reference} of {channel} went out by another channel" in found


FOLLOWED = """
    select id from (
        select id, invitation_id, claimed_at, step_kind from whatsapp_sender.sends
        union all select id, invitation_id, claimed_at, step_kind from ivr_gateway.sends) s
    where step_kind = 'fallback' and id = any($1) -- not one that was refused at its provider
        and invitation_id in (select invitation_id from sms_sender.sends where kind = 'step'
                              and state = 'delivered')
    limit 1
"""


async def test_a_fallback_after_an_ask_that_may_have_gone_out_is_found(past: Past) -> None:
    fallback = await past.one(FOLLOWED, past.ledgers.accepted())
    await past.damage(
        "update sms_sender.sends set state = 'unknown' where kind = 'step' and invitation_id in"
        f" (select invitation_id from whatsapp_sender.sends where id = '{fallback}' union all"
        f" select invitation_id from ivr_gateway.sends where id = '{fallback}')"
    )

    assert f"fallback {fallback} went out, and " in await past.found()


async def test_a_fallback_long_after_the_answer_is_found(past: Past) -> None:
    answered = await past.one(
        "select s.id from sms_sender.sends s join analytics.facts f using (invitation_id)"
        " where f.score is not null and s.kind = 'step' limit 1"
    )
    call, other = await past.ask("ivr"), uuid4()
    await past.damage(
        "insert into ivr_gateway.sends (id, kind, workspace, contact_id, state, due_at, expires_at,"
        " interaction_id, invitation_id, step_kind, number, claimed_at)"
        f" select '{other}', kind, workspace, contact_id, 'delivered', due_at, expires_at,"
        " interaction_id, invitation_id, 'fallback', 1, claimed_at + interval '5 minutes'"
        f" from sms_sender.sends where id = '{answered}'"
    )

    found = await past.found(past.and_("ivr", replace(call, sid="2", reference=str(other))))

    assert f"fallback {other} was claimed though the person had answered" in found


async def test_a_second_text_about_a_call_is_fine_as_the_reminder_of_its_ask(past: Past) -> None:
    reminder = await _reminded(past, await past.ask("sms"), number=1)

    assert await past.found(past.and_("sms", reminder)) == ""


async def test_a_reminder_that_is_not_the_second_step_of_its_ask_is_found(past: Past) -> None:
    ask = await past.ask("sms")
    second, third = [await _reminded(past, ask, number=number) for number in (1, 2)]

    found = await past.found(past.and_("sms", second, third))

    assert "was reminded 2 times of call" in found
    assert f"reminder {third.reference} continues no ask" in found


async def _reminded(past: Past, ask: Request, *, number: int) -> CreateRequest:
    """A reminder of the ask under the id of that step, as the carrier took it."""
    assert isinstance(ask, CreateRequest)
    invitation = await past.one(
        "select invitation_id from sms_sender.sends where id = $1", UUID(ask.reference)
    )
    step = step_id(invitation, number)
    await past.damage(
        "insert into sms_sender.sends (id, kind, workspace, contact_id, state, due_at, expires_at,"
        " interaction_id, invitation_id, step_kind, number, continues)"
        f" select '{step}', kind, workspace, contact_id, 'delivered', due_at, expires_at,"
        f" interaction_id, invitation_id, 'reminder', {number}, {0 if number == 1 else 9}"
        f" from sms_sender.sends where id = '{ask.reference}'"
    )
    return replace(ask, sid=f"SM{number}", reference=str(step))


@EVERY
async def test_asks_above_the_cap_are_found(past: Past, channel: str) -> None:
    schema = SENDERS[channel]
    await past.damage(
        f"update {schema}.sends set contact_id = (select contact_id from {schema}.contacts"
        " limit 1) where kind = 'step'"
    )

    report = await past.audited(cap=1)

    assert any("was asked" in line and line.endswith(" times") for line in report.wrong)


@EVERY
async def test_a_request_for_nothing_of_ours_is_found(past: Past, channel: str) -> None:
    stray = replace(await past.ask(channel), sid="2", reference="")

    assert "which is no send of ours" in await past.found(past.and_(channel, stray))


@EVERY
async def test_an_ask_that_no_provider_ever_got_is_found(past: Past, channel: str) -> None:
    heard = await past.one(
        f"select id from {SENDERS[channel]}.sends where kind = 'step' and state = 'delivered'"
        " limit 1"
    )
    left = [e for e in past.ledgers.of(channel) if getattr(e, "reference", "") != str(heard)]

    found = await past.found(past.ledgers.other(channel, left))

    assert f"step {heard} is delivered, and the carrier never took it" in found


ANSWERED = "(select interaction_id from analytics.facts where score is not null limit 1)"
COUNTED = f"where interaction_id = {ANSWERED}"
INVITED = (  # on one channel
    "(select invitation_id from orchestrator.steps group by 1"
    " having count(*) = 1 and min(channel) = 'sms' limit 1)"
)
OF_SENDERS = [
    ("delete from {schema}.inbox where kind = 'message'", "is not stored"),
    ("update {schema}.inbox set done_at = null", "was acknowledged and never read"),
    ("update {schema}.dialogues set state = null", "the dialogue has set()"),
    (
        "update {schema}.sends set state = 'cancelled', reason = 'x' where kind = 'step'",
        "is cancelled, and the carrier took it",
    ),
    (
        "update {schema}.contacts set suppressed_at = suppressed_at - interval '1 h'",
        "was claimed after a STOP",
    ),
    (
        "update {schema}.sends s set claimed_at = claimed_at + interval '1 h' where kind = 'step'"
        " and contact_id in (select contact_id from {schema}.contacts where suppressed)",
        "was claimed after a STOP",
    ),
    (
        "update {schema}.contacts set suppressed = false",
        "said STOP, and its contact is not suppressed",
    ),
    ("insert into {schema}.outbox (topic, value) values ('t', '')", "1 left: outbox"),
    (
        "update analytics.facts f set replies = '[]' where interaction_id in (select interaction_id"
        " from {schema}.sends where state = 'delivered')",
        "counted is set()",
    ),
]


@EVERY
@pytest.mark.parametrize(("damage", "words"), OF_SENDERS)
async def test_damage_to_what_a_sender_knows_is_found(
    past: Past, channel: str, damage: str, words: str
) -> None:
    await past.damage(damage.format(schema=SENDERS[channel]))

    assert words in await past.found()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (f"update analytics.facts set score = null {COUNTED}", "counted is None"),
        (f"update analytics.facts set score = 0 {COUNTED}", "counted is 0"),
        (f"update analytics.facts set replies = '[]' {COUNTED}", "counted is set()"),
        (
            "update analytics.facts set score = 3 where score is null and reason is null",
            "counted is 3",
        ),
        (f"delete from analytics.facts {COUNTED}", "decisions are not among the"),
        ("update analytics.rollups set counts[1] = 99 where dimension = 'queue'", "stored 99"),
        ("delete from analytics.rollups where dimension = 'agent'", "figures of "),
        ("delete from orchestrator.decisions", "was told and is not decided"),
        (f"delete from orchestrator.invitations where id = {INVITED}", "does not exist"),
        (f"delete from sms_sender.sends where invitation_id = {INVITED}", "has no send"),
        (f"delete from orchestrator.steps where invitation_id = {INVITED}", "has no step"),
        (
            "insert into orchestrator.steps select workspace, invitation_id, number * 9 + n + 9,"
            " kind, channel, 'sent', null, due_at, send_by from orchestrator.steps,"
            " generate_series(1, 2) as n",
            "was seen 3 times",
        ),
    ],
)
async def test_damage_is_found(past: Past, damage: str, words: str) -> None:
    await past.damage(damage)

    assert words in await past.found()


async def test_an_answer_that_was_not_published_is_found(past: Past) -> None:
    identity, _ = next(iter(past.topics.responses.items()))
    fewer = {one: r for one, r in past.topics.responses.items() if one != identity}
    report = await past.audited(topics=replace(past.topics, responses=fewer))

    assert "published was " in "\n".join(report.wrong)


async def test_lag_and_dead_records_are_found(past: Past) -> None:
    topics = replace(past.topics, lag={"analytics": 2}, dead={"aftercall.responses.dead": 1})
    report = await past.audited(topics=topics)

    assert report.wrong == [
        "2 left: lag of analytics",
        "1 left: dead of aftercall.responses.dead",
    ]


@EVERY
async def test_one_thing_said_and_acknowledged_that_is_in_no_table_is_found(
    past: Past, channel: str
) -> None:
    """A text, a tap, a key."""
    said = next(
        one for one in past.ledgers.seen.said if one.channel == channel and one.acknowledged_at
    )
    await past.damage(
        f"delete from {SENDERS[channel]}.inbox where ctid = (select ctid from"
        f" {SENDERS[channel]}.inbox where message_id = '{said.sid}' and kind = 'message' limit 1)"
    )

    assert f"of {said.sid} acknowledged" in await past.found()


async def test_another_key_than_was_counted_is_found(past: Past) -> None:
    scored = {ask.sid: ask for channel, ask in past.ledgers.seen.asks() if channel == "ivr"}
    rated = next(ask for ask in scored.values() if ask.ratings)
    other = str(rated.scale.high if rated.score != rated.scale.high else rated.scale.low)
    changed = [
        replace(e, keys=other)
        if isinstance(e, Pressed) and e.sid == rated.sid and e.keys == str(rated.score)
        else e
        for e in past.ledgers.carrier
    ]

    found = await past.found(replace(past.ledgers, carrier=changed))

    assert f"the person gave {other}, replied is {rated.score}" in found


async def test_keys_that_nobody_acknowledged_count_for_nothing(past: Past) -> None:
    rated = next(a for c, a in past.ledgers.seen.asks() if c == "ivr" and a.ratings)
    lost = [
        e
        for e in past.ledgers.carrier
        if not (isinstance(e, Webhook) and e.sid == rated.sid and e.event == "key")
    ]

    left = replace(past.ledgers, carrier=lost).seen

    assert not next(ask for _, ask in left.asks() if ask.sid == rated.sid).ratings
    assert len(only(lost, Pressed)) == len(only(past.ledgers.carrier, Pressed))


@pytest.mark.parametrize(("read_first", "right"), [("again", True), ("rating", False)])
async def test_another_rating_is_right_only_if_the_first_one_was_read_later(
    read_first: str, right: bool
) -> None:
    now = datetime.now(UTC)
    ask = Asked("+1", "+2", "AC", "SM0", now, Scale(1, 7), ratings=[7], rated_by="rating")
    ask.either.append((6, "again"))
    kept = {
        sid: [{"done_at": now if sid == read_first else now + timedelta(seconds=8)}]
        for sid in ("rating", "again")
    }

    assert in_another_order(ask, 6, kept) is right
    assert not in_another_order(ask, 5, kept)
