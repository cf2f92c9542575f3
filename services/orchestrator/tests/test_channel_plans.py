"""Plans of several channels on the real database: what follows, what nobody took, in any order."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter

from common.config import TwilioSmsAccount, accounts
from common.config.fields import STRICT
from common.database import Database
from common.events.calls import Interaction
from common.events.consent import ConsentChanged, ConsentState
from common.events.responses import Response, ResponseState
from common.events.sends import Delivery, FailureClass
from common.events.sends import DeliveryStatus as Told
from common.events.values import Channel, Metric
from common.ids import derived, invitation_id, response_id, step_id
from common.topics import DECISIONS, DELIVERIES, SERVED, steps
from orchestrator.domain.channel_plan import Reported, after
from orchestrator.domain.configuring import checks
from orchestrator.repository.consent import contacts
from orchestrator.repository.schedule import invitations
from orchestrator.service.schedule.overdue import GRACE
from orchestrator.testing import NOW, address, call, contact_of

from .domain.plans import FATES, SEEN, reports

INVITATION = invitation_id(call().id, "csat-flow")
CHANNELS = ("sms", "whatsapp", "email", "ivr")
CAP_1 = {"caps": [{"asks": 1, "per": "30d"}]}
HOUR = timedelta(hours=1)
VALIDITY = 4 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class SomeAccount(TwilioSmsAccount):
    """Of a channel that has no sender so far."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    channel: Channel


@pytest.fixture
async def three(empty: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An installation with senders for three more channels."""
    for channel in CHANNELS[1:]:
        monkeypatch.setitem(accounts._ADAPTERS, (channel, "twilio"), TypeAdapter(SomeAccount))
    monkeypatch.setattr(checks, "SERVED", dict.fromkeys(CHANNELS, "some-sender") | dict(SERVED))
    await empty.bus.create_topics({steps(channel): 1 for channel in CHANNELS})
    return empty


async def planned(orchestra: Any, *plan: dict[str, Any], **workspace: Any) -> None:
    """A flow with this plan, and an account with a sender for each channel."""
    of_channels = [
        {
            "id": f"of-{channel}",
            "channel": channel,
            "account_sid": "AC1",
            "auth_token": "secret:twilio",
            "senders": [{"number": f"+1646555016{number}"}],
        }
        for number, channel in enumerate(CHANNELS)
    ]
    await orchestra.configure(
        flow={"plan": list(plan)},
        workspace={"explicit_consent": [], **CAP_1, **workspace},
        accounts=of_channels,
    )


FALLBACK = (
    {"channel": "whatsapp"},
    {"channel": "sms"},
    {"channel": "sms", "when": "silent", "after": "2h"},
)


def word(number: int, status: Told, *, channel: str = "sms", **changes: Any) -> Delivery:
    """A sender's, about a step."""
    facts: dict[str, Any] = {
        "step_id": step_id(INVITATION, number),
        "invitation_id": INVITATION,
        "interaction_id": call().id,
        "contact_id": contact_of(),
        "channel": Channel(channel),
        "revision": 1,
        "status": status,
        "at": NOW,
        "final": status in (Told.DELIVERED, Told.FAILED, Told.CANCELLED),
        "number": number,
        **changes,
    }
    return Delivery(**facts)


def answer(invitation: UUID, person: Interaction) -> Response:
    assert person.contact_id
    return Response(
        id=response_id(invitation, "sms"),
        invitation_id=invitation,
        interaction_id=person.id,
        contact_id=person.contact_id,
        channel=Channel.SMS,
        survey_id="csat",
        survey_version=1,
        metric=Metric.CSAT,
        revision=1,
        state=ResponseState.IN_PROGRESS,
        answers=(),
        started_at=NOW,
        changed_at=NOW,
    )


def withdrawn(channel: str) -> ConsentChanged:
    return ConsentChanged(
        id=derived("no", channel),
        contact_id=contact_of(),
        channel=channel,
        state=ConsentState.WITHDRAWN,
        occurred_at=NOW,
        source="reply",
    )


async def is_held(orchestra: Any) -> bool:
    """Whether the invitation holds a slot of the cap."""
    await orchestra.take(call("again", ended_at=orchestra.now))
    [row] = await orchestra.rows(
        "select reason from orchestrator.decisions where interaction_id = $1", call("again").id
    )
    return bool(row["reason"] == "frequency_cap")


async def test_a_failure_brings_the_next_channel_and_its_silence_a_reminder(three: Any) -> None:
    await planned(three, *FALLBACK)
    await three.take(call())
    await three.report(word(0, Told.FAILED, channel="whatsapp", reason="63016"))
    assert await three.dispatching.dispatch() == 1
    await three.report(word(1, Told.SENT, sent_at=three.now))
    three.now += 2 * HOUR
    assert await three.dispatching.dispatch() == 1

    assert await three.steps(INVITATION) == [
        (0, "ask", "whatsapp", "failed", "63016"),
        (1, "fallback", "sms", "sent", None),
        (2, "reminder", "sms", "with_sender", None),
    ]
    [ask] = await three.published(steps("whatsapp"))
    fallback, reminder = await three.published(steps("sms"))
    assert (ask.data.kind, fallback.data.kind, reminder.data.kind) == (
        "ask",
        "fallback",
        "reminder",
    )
    assert (fallback.data.continues, reminder.data.continues) == (None, 1)
    assert await is_held(three)


async def test_what_no_sender_took_fails_and_the_next_channel_is_tried(three: Any) -> None:
    await planned(three, *FALLBACK)
    await three.take(call())
    three.now += VALIDITY
    assert await three.overdue.look() == 0  # a last word may be on its way

    three.now += GRACE
    assert await three.overdue.look() == 1
    assert await three.overdue.look() == 0
    assert await three.dispatching.dispatch() == 1

    assert await three.steps(INVITATION) == [
        (0, "ask", "whatsapp", "failed", "not_taken"),
        (1, "fallback", "sms", "with_sender", None),
    ]
    due, called_back = await three.published(steps("whatsapp"))
    assert (called_back.data.step_id, called_back.data.reason) == (due.data.id, "not_taken")
    [told] = await three.published(DELIVERIES)
    assert (told.data.status, told.data.failure) == (Told.FAILED, FailureClass.NOT_TAKEN)


async def test_what_no_sender_took_gives_its_slot_back_once(orchestra: Any) -> None:
    await orchestra.configure(workspace=CAP_1)
    await orchestra.take(call())
    orchestra.now += VALIDITY + GRACE

    await asyncio.gather(*(orchestra.overdue.look() for _ in range(4)))
    await orchestra.report_all()

    assert await orchestra.status(INVITATION) == ("failed", "not_taken")
    assert len(await orchestra.published(DELIVERIES)) == 1
    assert not await is_held(orchestra)
    await orchestra.report(word(0, Told.CANCELLED, reason="not_taken"))  # a sender wakes up
    rows = await orchestra.rows("select id from orchestrator.invitations where status = 'asked'")
    assert [row["id"] for row in rows] == [invitation_id(call("again").id, "csat-flow")]


async def test_nothing_is_taken_for_silence_while_reports_wait_unread(orchestra: Any) -> None:
    await orchestra.take(call())
    orchestra.now += VALIDITY + GRACE
    orchestra.reports_are_fresh = False
    assert await orchestra.overdue.look() == 0

    orchestra.reports_are_fresh = True
    assert await orchestra.overdue.look() == 1


async def test_any_word_of_a_sender_says_that_it_took_the_step(orchestra: Any) -> None:
    await orchestra.take(call())
    await orchestra.report(word(0, Told.UNKNOWN))
    orchestra.now += VALIDITY + GRACE

    assert await orchestra.overdue.look() == 0
    assert await orchestra.status(INVITATION) == ("asked", None)


async def test_a_channel_without_a_yes_is_passed_over_at_once_and_later(three: Any) -> None:
    await planned(three, *FALLBACK, explicit_consent=["whatsapp"])
    await three.take(call())

    assert await three.steps(INVITATION) == [
        (0, "ask", "whatsapp", "passed_over", "no_consent"),
        (1, "ask", "sms", "with_sender", None),
    ]
    [decision] = await three.published(DECISIONS)
    assert [(one.number, one.reason) for one in decision.data.passed_over] == [(0, "no_consent")]

    await planned(three, {"channel": "sms"}, {"channel": "email"}, {"channel": "whatsapp"})
    other = call("other", address="+12025550177")
    await three.take(other)
    second = invitation_id(other.id, "csat-flow")
    failed = word(0, Told.FAILED, step_id=step_id(second, 0), invitation_id=second)
    await three.report(failed)
    await three.dispatching.dispatch()  # e-mail needs an e-mail address
    await three.dispatching.dispatch()

    assert await three.steps(second) == [
        (0, "ask", "sms", "failed", None),
        (1, "fallback", "email", "passed_over", "no_address"),
        (2, "fallback", "whatsapp", "with_sender", None),
    ]


async def test_a_no_on_the_channel_that_asks_ends_the_whole_plan(three: Any) -> None:
    await planned(three, {"channel": "sms"}, {"channel": "whatsapp"})
    await three.take(call())

    await three.hear(withdrawn("sms"))
    await three.report(word(0, Told.FAILED))
    await three.dispatching.dispatch()

    assert await three.steps(INVITATION) == [(0, "ask", "sms", "failed", None)]
    assert await three.published(steps("whatsapp")) == []


async def test_a_no_on_a_channel_that_is_still_to_come_passes_it_over(three: Any) -> None:
    await planned(three, {"channel": "sms"}, {"channel": "whatsapp"})
    await three.take(call())

    await three.hear(withdrawn("whatsapp"))
    await three.report(word(0, Told.FAILED))
    await three.dispatching.dispatch()

    assert await three.status(INVITATION) == ("cancelled", "opted_out")
    assert (await three.steps(INVITATION))[1][3:] == ("passed_over", "opted_out")


async def test_the_kill_switch_reads_only_what_may_still_go_out(
    orchestra: Any, database: Database
) -> None:
    await orchestra.take(call())
    async with database.transaction() as connection:
        await connection.execute(
            "insert into orchestrator.invitations"
            " select 'acme', gen_random_uuid(), i.interaction_id, i.contact_id, i.flow_id,"
            " i.questionnaire, i.planned_at - interval '10 days',"
            " i.answers_until, false, null, 'asked' from orchestrator.invitations i,"
            " generate_series(1, 20000)"
        )
        await connection.execute(
            "insert into orchestrator.steps select workspace, id, 0, 'ask', 'sms', 'with_sender',"
            " null, planned_at, planned_at + interval '4 hours' from orchestrator.invitations"
            " where planned_at < $1",
            NOW - timedelta(days=1),
        )
        await connection.execute("analyze orchestrator.steps, orchestrator.invitations")
        plan = await connection.fetch(
            "explain select distinct i.id from orchestrator.steps s join orchestrator.invitations i"
            " on i.workspace = s.workspace and i.id = s.invitation_id"
            " where s.workspace = 'acme' and i.workspace = 'acme' and s.send_by > $1"
            " and s.state in ('waiting', 'with_sender') and i.flow_id = any(array['csat-flow'])",
            NOW,
        )
    text = "\n".join(row[0] for row in plan)
    assert "steps_send_by" in text
    assert "Seq Scan" not in text


async def test_what_is_heard_of_an_ask_touches_no_index(orchestra: Any, database: Database) -> None:
    await orchestra.take(call())
    async with database.transaction() as connection:
        for status in (Told.UNKNOWN, Told.SENT, Told.DELIVERED):
            [one] = await invitations.lock(connection, [("acme", INVITATION)])
            told = Reported(number=0, status=status, sent_at=NOW)
            await invitations.save(connection, [(one, after(one.course, told, NOW).course)])
        row = await connection.fetchrow(
            "select pg_stat_get_xact_tuples_updated(oid) as updated,"
            " pg_stat_get_xact_tuples_hot_updated(oid) as hot"
            " from pg_class where oid = 'orchestrator.steps'::regclass"
        )
    assert (row["updated"], row["hot"]) == (3, 3)


@dataclass(frozen=True)
class Round:
    hours: int
    told: tuple[int, ...]  # which of what is on its way; each comes twice


ROUNDS = st.lists(
    st.builds(
        Round,
        hours=st.integers(0, 2),
        told=st.lists(st.integers(0, 5), max_size=3).map(tuple),
    ),
    min_size=4,
    max_size=6,
)
SEVERAL = (
    {"channel": "whatsapp"},
    {"channel": "sms", "when": ["failed", "silent"], "after": "1h"},
    {"channel": "ivr", "when": ["failed", "silent"], "after": "1h"},
)
numbers = count(1)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    fates=st.lists(st.sampled_from(sorted(FATES)), min_size=3, max_size=3),
    rounds=ROUNDS,
    answered=st.none() | st.integers(0, 5),
)
async def test_the_promises_hold_on_tables_and_topics_too(
    three: Any, fates: list[str], rounds: list[Round], answered: int | None
) -> None:
    """As with the pure rules; each example is another person's call."""
    await planned(three, *SEVERAL)
    three.now += timedelta(days=40)
    number = next(numbers)
    person = call(f"p{number}", address=address(number), ended_at=three.now)
    await three.take(person)
    invitation = invitation_id(person.id, "csat-flow")
    handed_over: list[int] = [0]
    on_its_way: list[Delivery] = words(0, fates[0], invitation, person)
    untaken = 0
    for index, one in enumerate(rounds):
        three.now += one.hours * HOUR
        if answered == index:
            await three.answer(answer(invitation, person))
        untaken += await three.overdue.look()
        await three.dispatching.dispatch()
        for step, _, _, state, _ in await three.steps(invitation):
            if state == "with_sender" and step not in handed_over:
                assert answered is None or index < answered
                handed_over.append(step)
                on_its_way += words(step, fates[step], invitation, person)
        for which in one.told:
            if on_its_way:
                told = on_its_way.pop(which % len(on_its_way))
                await three.report(told, told)
    await three.report(*on_its_way)
    seen = [step for step in handed_over if fates[step] in SEEN]
    assert len(seen) <= 2
    if not untaken:  # else a sender may tell so late that its slot was free again
        await slot_is_right(three, invitation, person)


def words(step: int, fate: str, invitation: UUID, person: Interaction) -> list[Delivery]:
    return [
        word(
            step,
            one.status,
            step_id=step_id(invitation, step),
            invitation_id=invitation,
            interaction_id=person.id,
            contact_id=person.contact_id,
            revision=revision,
            sent_at=one.sent_at,
            final=one.final,
        )
        for revision, one in enumerate(reports(step, fate), 1)
    ]


async def slot_is_right(orchestra: Any, invitation: UUID, person: Interaction) -> None:
    """Free exactly when the invitation is over and nothing of it went out.

    Somebody who answers what was over and never went out does not take it back.
    """
    status, _ = await orchestra.status(invitation)
    [row] = await orchestra.rows(
        "select * from orchestrator.contacts where id = $1", person.contact_id
    )
    held = invitation in {ask.invitation_id for ask in contacts.of_row(row).asks}
    tried = await orchestra.rows(
        "select reason, sent_at from orchestrator.steps where invitation_id = $1", invitation
    )
    out = any(row["sent_at"] for row in tried)
    if status in ("failed", "cancelled") and not out:
        assert not held
    goes_on = status in ("pending", "asked") or (status == "answered" and out)
    if goes_on and not any(row["reason"] for row in tried):
        assert held
