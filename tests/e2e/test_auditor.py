"""The auditor finds nothing where nothing is wrong, and every damage that is done on purpose."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from aftercall.keys import first_key
from aftercall.platform import Platform, platform
from aftercall.port import listen
from common.database import Database
from common.ids import step_id
from common.process.settings import CommonSettings
from sandbox.callers import Callers
from sandbox.ledger import CreateRequest, Entry, acknowledged_replies, only
from sandbox.pbx.calls import Kind
from sandbox.pbx.play import play
from sandbox.pbx.scenario import Style, scenario
from sandbox.personas import Habit
from sandbox.reading import Scale
from sandbox.serving import serve
from sandbox.truth import Asked
from tests.drills import world
from tests.e2e.auditor import audit, pending
from tests.e2e.promises import in_another_order, send_id
from tests.e2e.topics import Topics, published_responses
from tests.e2e.world import until

CALLS = 25
TEMPLATE = "audited"
HABITS = {Habit.ANSWERS: 3, Habit.COMMENTS: 3, Habit.IGNORES: 2, Habit.STOPS: 2}
KINDS = {Kind.CONNECTED: 8, Kind.MISSED: 2}


@dataclass(frozen=True, slots=True)
class Past:
    """A small run that went well: the carrier's ledger, the topics, and a copy of the database."""

    entries: Sequence[Entry]
    topics: Topics
    db: Database

    async def found(self, entries: Sequence[Entry] | None = None) -> str:
        """What the auditor says is wrong."""
        report = await audit(self.db, entries or self.entries, topics=self.topics)
        return "\n".join(report.wrong)

    async def damage(self, statement: str) -> None:
        async with self.db.connection() as connection:
            assert await connection.execute(statement) not in ("UPDATE 0", "DELETE 0", "INSERT 0 0")

    def ask(self) -> CreateRequest:
        """One that the carrier took."""
        return next(one for one in only(self.entries, CreateRequest) if one.accepted)


@pytest.fixture(scope="module")
def happened(postgres_url: str) -> Iterator[tuple[str, Sequence[Entry], Topics]]:
    """The database as it was when all was over, to be cloned."""
    name = f"{TEMPLATE}_{uuid4().hex}"
    asyncio.run(_execute(postgres_url, f"create database {name}"))
    entries, topics = asyncio.run(_run(postgres_url.replace("/postgres?", f"/{name}?")))
    yield name, entries, topics
    asyncio.run(_execute(postgres_url, f"drop database {name} with (force)"))


@pytest_asyncio.fixture(loop_scope="session")
async def past(
    happened: tuple[str, Sequence[Entry], Topics], postgres_url: str
) -> AsyncIterator[Past]:
    template, entries, topics = happened
    name = f"{TEMPLATE}_{uuid4().hex}"
    await _execute(postgres_url, f"create database {name} template {template}")
    db = await Database.connect(postgres_url.replace("/postgres?", f"/{name}?"), size=2)
    yield Past(entries, topics, db)
    await db.close()
    await _execute(postgres_url, f"drop database {name} with (force)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _run(url: str) -> tuple[Sequence[Entry], Topics]:
    os.environ.update(world.SECRETS)
    sock = listen(0)
    public = f"http://127.0.0.1:{sock.getsockname()[1]}"
    settings = CommonSettings.model_validate(
        {"database_url": url, "contact_pepper": "a pepper for tests", "public_url": public}
    )
    async with (
        platform(settings, sock) as running,
        serve(world.Crowd, accounts={world.SID: world.account(public)}) as crowd,
    ):
        crowd.let_go()
        await _calls_end(running, crowd)
        topics = Topics(responses=await published_responses(running.runtime.bus), lag={}, dead={})
        return list(crowd.ledger), topics


async def _calls_end(running: Platform, crowd: world.Crowd) -> None:
    headers = {"Authorization": f"Bearer {await first_key(running.runtime.db)}"}
    answer = await running.runtime.http.put(
        f"{running.url}/v1/config",
        params={"workspace": world.WORKSPACE},
        json=world.configuration(crowd.base_url),
        headers=headers,
    )
    assert answer.is_success, answer.text
    told = scenario(
        CALLS,
        now=datetime.now(UTC) + timedelta(seconds=2),
        within=timedelta(seconds=1),
        shares=KINDS,
        style=Style(vendors={"cloudevents": 1}),
    )
    Callers(crowd, habits=HABITS)
    await play(
        told.calls,
        {"cloudevents": f"{running.url}/v1/events?workspace={world.WORKSPACE}"},
        headers={"cloudevents": headers},
        ledger=crowd.ledger,
    )
    await until(lambda: _over(running.runtime.db, crowd))


async def _over(db: Database, crowd: world.Crowd) -> bool:
    async with db.connection() as connection:
        counted = await connection.fetchval(
            "select count(*) from analytics.facts f where f.reason is not null"
            " or f.steps::text like '%delivered%'"
        )
    busy = crowd.tasks.pending or any((await pending(db)).values())
    return counted == CALLS and not busy


async def test_nothing_is_wrong_after_a_run_that_went_well(past: Past) -> None:
    report = await audit(past.db, past.entries, topics=past.topics)

    assert report.wrong == []
    assert report.calls == report.decided == CALLS
    assert report.accepted == report.asked == report.invited > 0
    assert report.acknowledged == report.stored > 0
    assert report.answered == report.in_dialogues == report.published == report.counted > 0


async def test_who_was_stopped_before_a_sender_had_the_ask_is_told_with_the_reason(
    past: Past,
) -> None:
    send = send_id(past.ask())
    await past.damage(
        "update orchestrator.invitations set status = 'cancelled', reason = 'flow_disabled'"
        f" where id = (select invitation_id from sms_sender.sends where id = '{send}')"
    )
    await past.damage(f"delete from sms_sender.sends where id = '{send}'")

    report = await audit(past.db, past.entries, topics=past.topics)

    assert report.not_sent == {"flow_disabled": 1}


async def test_a_second_text_for_a_send_is_found(past: Past) -> None:
    ask = past.ask()

    found = await past.found([*past.entries, replace(ask, sid="SM2")])

    assert f"send {send_id(ask)} was accepted 2 times" in found


async def test_a_second_ask_about_a_call_is_found(past: Past) -> None:
    ask, other = past.ask(), uuid4()
    url = ask.status_callback.replace(str(send_id(ask)), str(other))
    await past.damage(
        "insert into sms_sender.sends (id, kind, workspace, contact_id, state, due_at, expires_at,"
        " interaction_id, invitation_id)"
        f" select '{other}', kind, workspace, contact_id, 'delivered', due_at, expires_at,"
        f" interaction_id, invitation_id from sms_sender.sends where id = '{send_id(ask)}'"
    )

    found = await past.found([*past.entries, replace(ask, sid="SM2", status_callback=url)])

    assert "was asked 2 times about call" in found


async def test_a_second_text_about_a_call_is_fine_as_the_reminder_of_its_ask(past: Past) -> None:
    reminder = await _reminded(past, number=1)

    assert await past.found([*past.entries, reminder]) == ""


async def test_a_reminder_that_is_not_the_second_step_of_its_ask_is_found(past: Past) -> None:
    second, third = await _reminded(past, number=1), await _reminded(past, number=2)

    found = await past.found([*past.entries, second, third])

    assert "was reminded 2 times of call" in found
    assert f"reminder {send_id(third)} continues no ask" in found


async def _reminded(past: Past, *, number: int) -> CreateRequest:
    """A reminder of the ask under the id of that step, as the carrier took it."""
    ask = past.ask()
    async with past.db.connection() as connection:
        invitation = await connection.fetchval(
            "select invitation_id from sms_sender.sends where id = $1", send_id(ask)
        )
    step = step_id(invitation, number)
    await past.damage(
        "insert into sms_sender.sends (id, kind, workspace, contact_id, state, due_at, expires_at,"
        " interaction_id, invitation_id, step_kind, number, continues)"
        f" select '{step}', kind, workspace, contact_id, 'delivered', due_at, expires_at,"
        f" interaction_id, invitation_id, 'reminder', {number}, {0 if number == 1 else 9}"
        f" from sms_sender.sends where id = '{send_id(ask)}'"
    )
    url = ask.status_callback.replace(str(send_id(ask)), str(step))
    return replace(ask, sid=f"SM{number}", status_callback=url)


async def test_asks_above_the_cap_are_found(past: Past) -> None:
    await past.damage(
        "update sms_sender.sends set contact_id = (select contact_id from sms_sender.contacts"
        " limit 1) where kind = 'step'"
    )
    report = await audit(past.db, past.entries, cap=1)

    assert f"was asked {report.accepted} times" in "\n".join(report.wrong)


async def test_a_text_for_nothing_of_ours_is_found(past: Past) -> None:
    stray = replace(past.ask(), sid="SM2", status_callback="")

    assert "which is no send of ours" in await past.found([*past.entries, stray])


async def test_an_ask_that_never_reached_the_carrier_is_found(past: Past) -> None:
    ask = past.ask()
    ledger = [entry for entry in past.entries if entry is not ask]

    assert f"step {send_id(ask)} is delivered, and the carrier never took it" in (
        await past.found(ledger)
    )


ANSWERED = "(select interaction_id from analytics.facts where score is not null limit 1)"
COUNTED = f"where interaction_id = {ANSWERED}"
INVITED = "(select id from orchestrator.invitations limit 1)"


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("delete from sms_sender.inbox where kind = 'message'", "is not stored"),
        ("update sms_sender.inbox set done_at = null", "was acknowledged and never read"),
        (f"update analytics.facts set score = null {COUNTED}", "counted is None"),
        (f"update analytics.facts set score = 0 {COUNTED}", "counted is 0"),
        (f"update analytics.facts set replies = '[]' {COUNTED}", "counted is set()"),
        ("update sms_sender.dialogues set state = null", "the dialogue has set()"),
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
            "insert into orchestrator.steps select workspace, invitation_id, number + n, kind,"
            " channel, 'sent', null, due_at, send_by from orchestrator.steps,"
            " generate_series(1, 2) as n",
            "was seen 3 times",
        ),
        (
            "update sms_sender.sends set state = 'cancelled', reason = 'x' where kind = 'step'",
            "is cancelled, and the carrier took it",
        ),
        (
            "update sms_sender.contacts set suppressed_at = suppressed_at - interval '1 h'",
            "was claimed after a STOP",
        ),
        (
            "update sms_sender.contacts set suppressed = false",
            "said STOP, and its contact is not suppressed",
        ),
        (
            "insert into sms_sender.outbox (topic, value) values ('t', '')",
            "1 left: outbox",
        ),
    ],
)
async def test_damage_is_found(past: Past, damage: str, words: str) -> None:
    await past.damage(damage)

    assert words in await past.found()


async def test_an_answer_that_was_not_published_is_found(past: Past) -> None:
    identity, _ = next(iter(past.topics.responses.items()))
    fewer = {one: r for one, r in past.topics.responses.items() if one != identity}
    report = await audit(past.db, past.entries, topics=replace(past.topics, responses=fewer))

    assert "published was set()" in "\n".join(report.wrong)


async def test_lag_and_dead_records_are_found(past: Past) -> None:
    topics = replace(past.topics, lag={"analytics": 2}, dead={"aftercall.responses.dead": 1})
    report = await audit(past.db, past.entries, topics=topics)

    assert report.wrong == [
        "2 left: lag of analytics",
        "1 left: dead of aftercall.responses.dead",
    ]


async def test_an_acknowledged_text_that_is_in_no_table_is_found(past: Past) -> None:
    text = acknowledged_replies(past.entries)[0]
    await past.damage(f"delete from sms_sender.inbox where message_id = '{text.sid}'")

    assert f"text {text.sid} was acknowledged and is not stored" in await past.found()


@pytest.mark.parametrize(("read_first", "right"), [("again", True), ("rating", False)])
async def test_another_rating_is_right_only_if_the_first_one_was_read_later(
    read_first: str, right: bool
) -> None:
    now = datetime.now(UTC)
    ask = Asked("+1", "+2", "AC", "SM0", now, Scale(1, 7), ratings=[7], rated_by="rating")
    ask.either.append((6, "again"))
    kept = {
        sid: {"done_at": now if sid == read_first else now + timedelta(seconds=8)}
        for sid in ("rating", "again")
    }

    assert in_another_order(ask, 6, kept) is right
    assert not in_another_order(ask, 5, kept)
