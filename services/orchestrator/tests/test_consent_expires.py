"""A yes is good for as long as the workspace says, to the second, and a newer one renews it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import ConsentPolicy, CountryConsent, Flow, PlanStep
from common.errors import BadInput
from common.events.consent import ConsentChanged, ConsentState
from common.events.decisions import Decision, Reason, Verdict
from common.events.values import Channel
from common.ids import derived
from common.topics import DECISIONS, STEPS_SMS
from orchestrator.domain.compiled import CompiledWorkspace
from orchestrator.domain.configuring.checks import Elsewhere, review
from orchestrator.domain.configuring.reading import read
from orchestrator.domain.consent import BITS, Statement, bits_held, said_yes_at, yeses_of
from orchestrator.domain.contact import Contact
from orchestrator.domain.deciding import Facts, decide
from orchestrator.domain.explaining import data_of, sentence
from orchestrator.testing import CALLER, NOW, call, compiled, contact_of, documents, flow

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
LIFE = timedelta(days=730)
NO, YES = ConsentState.WITHDRAWN, ConsentState.GRANTED
OPT_IN: dict[str, Any] = {"countries": ["US"], "channels": ["sms"], "policy": "opt_in"}
EXPIRING = {"consent": [{**OPT_IN, "expires_after": "730d"}]}


def expiring(
    *flows: Flow,
    life: timedelta | None = LIFE,
    channel: Channel = Channel.SMS,
    **changes: Any,
) -> CompiledWorkspace:
    entry = CountryConsent(
        countries=("US",),
        channels=(channel,),
        policy=ConsentPolicy.OPT_IN,
        expires_after=life,
    )
    return compiled(*flows, consent=(entry,), **changes)


def statement(state: ConsentState, at: datetime, channel: str = "sms") -> Statement:
    return Statement(channel, state, at)


def contact(*statements: Statement) -> Contact:
    withdrawn, granted = bits_held(statements)
    return Contact(withdrawn=withdrawn, granted=granted, yeses=yeses_of(statements))


def decided(
    who: Contact, workspace: CompiledWorkspace, at: datetime = NOW, **of_call: Any
) -> Decision:
    return decide(call(ended_at=at, **of_call), Facts(who), workspace=workspace, now=at)


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (timedelta(0), None),
        (LIFE - SECOND, None),
        (LIFE, Reason.CONSENT_EXPIRED),
        (LIFE + SECOND, Reason.CONSENT_EXPIRED),
    ],
)
def test_it_ends_to_the_second(age: timedelta, reason: Reason | None) -> None:
    assert decided(contact(statement(YES, NOW - age)), expiring()).reason is reason


def test_days_have_24_hours_whatever_clocks_do() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    given_at = datetime(2026, 3, 28, 12, 0, tzinfo=berlin)  # clocks go forward that night
    workspace = expiring(life=DAY, zone="Europe/Berlin")
    who = contact(statement(YES, given_at))
    noon = datetime(2026, 3, 29, 12, 0, tzinfo=berlin).astimezone(UTC)

    assert decided(who, workspace, noon).reason is None
    assert decided(who, workspace, noon + timedelta(minutes=59)).reason is None
    assert decided(who, workspace, noon + timedelta(hours=1)).reason is Reason.CONSENT_EXPIRED


def test_what_counts_is_when_the_ask_is_due() -> None:
    workspace = expiring(flow(delay=timedelta(hours=1)))

    assert decided(
        contact(statement(YES, NOW - LIFE + timedelta(minutes=59))), workspace
    ).reason is (Reason.CONSENT_EXPIRED)


def test_without_an_end_it_is_good_for_ever() -> None:
    old = contact(statement(YES, NOW - 3 * LIFE))

    assert decided(old, expiring(life=None)).reason is None


def test_it_ends_in_no_other_country_and_on_no_other_channel() -> None:
    ends = expiring().consent_expires

    assert ends == {("sms", "US"): LIFE}


def test_the_first_entry_that_names_a_channel_and_a_country_holds() -> None:
    forever = CountryConsent(
        countries=("US",), channels=(Channel.SMS,), policy=ConsentPolicy.OPT_IN
    )
    ending = replace(forever, expires_after=LIFE)

    assert compiled(consent=(forever, ending)).consent_expires == {}
    assert compiled(consent=(ending, forever)).consent_expires == {("sms", "US"): LIFE}


@given(st.lists(st.tuples(st.sampled_from([YES, NO]), st.integers(0, 40)), max_size=5))
def test_the_newest_yes_counts_in_whatever_order_they_came(
    told: list[tuple[ConsentState, int]],
) -> None:
    statements = [statement(state, NOW - day * DAY) for state, day in told]
    yeses = [one.occurred_at for one in statements if one.state is YES]
    noes = [one.occurred_at for one in statements if one.state is NO]
    holds = bool(yeses) and (not noes or max(yeses) > max(noes))
    good = holds and max(yeses) > NOW - 20 * DAY
    expected = (
        Verdict.INVITE
        if good
        else Reason.CONSENT_EXPIRED
        if holds
        else Reason.OPTED_OUT
        if noes
        else Reason.NO_CONSENT
    )
    for order in list(permutations(statements))[:24]:
        made = decided(contact(*order), expiring(life=20 * DAY))
        assert (made.reason or made.verdict) == expected


def test_a_yes_to_all_channels_renews_one_to_this_channel() -> None:
    old, new = statement(YES, NOW - 3 * LIFE), statement(YES, NOW - DAY, "all")

    assert said_yes_at(yeses_of([old, new]), Channel.SMS) == new.occurred_at
    assert decided(contact(old, new), expiring()).reason is None


def test_a_no_never_expires() -> None:
    who = contact(statement(NO, NOW - 5 * LIFE))

    assert decided(who, expiring()).reason is Reason.OPTED_OUT


def test_a_yes_of_which_nobody_knows_when_is_none_that_counts() -> None:
    made = decided(Contact(granted=BITS[Channel.SMS]), expiring())

    assert made.reason is Reason.CONSENT_EXPIRED
    assert "nobody knows when" in sentence(made)


def test_the_decision_says_since_when_and_for_how_long() -> None:
    made = decided(contact(statement(YES, NOW - LIFE)), expiring())
    refused = made.findings[-1]
    given = f"{NOW - LIFE:%Y-%m-%dT%H:%M:%SZ}"

    assert sentence(made) == (
        "not asked: the person's yes was given too long ago"
        f" (sms needs a yes of the last 730d in US, given {given})"
    )
    assert data_of(refused) == [
        {"channel": "sms", "expires_after": "730d", "country": "US", "given_at": given}
    ]


def test_another_channel_of_the_plan_is_tried() -> None:
    plan = (PlanStep(channel=Channel.WHATSAPP), PlanStep())
    who = contact(statement(YES, NOW - LIFE, "whatsapp"))
    made = decided(who, expiring(flow(plan=plan), channel=Channel.WHATSAPP))

    assert [(one.channel, one.reason) for one in made.passed_over] == [
        (Channel.WHATSAPP, Reason.CONSENT_EXPIRED)
    ]
    assert made.channel is Channel.SMS


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({**OPT_IN, "policy": "opt_out", "expires_after": "730d"}, "expires_after"),
        ({**OPT_IN, "expires_after": "5h"}, "expires_after"),
        ({**OPT_IN, "expires_after": "99999d"}, "expires_after"),
    ],
)
def test_an_end_is_of_a_yes_that_is_needed_and_of_days(entry: Any, field: str) -> None:
    body = documents(workspace={"consent": [entry]})
    try:
        written = read(body)
        found = review("acme", written.bodies, places=written.places, elsewhere=Elsewhere())
    except BadInput as bad:
        found = list(bad.errors)

    assert [one.field.rpartition(".")[2] for one in found] == [field]
    assert (
        review(
            "acme",
            (right := read(documents(workspace=EXPIRING))).bodies,
            places=right.places,
            elsewhere=Elsewhere(),
        )
        == []
    )


def said(state: ConsentState, at: datetime, channel: str = "sms") -> ConsentChanged:
    return ConsentChanged(
        id=derived("said", channel, state, at.isoformat()),
        contact_id=contact_of(CALLER),
        channel=channel,
        state=state,
        occurred_at=at,
        source="api",
    )


async def reason(orchestra: Any, name: str) -> Reason | None:
    await orchestra.take(call(name, ended_at=orchestra.now))
    decisions = {e.data.interaction.call_id: e.data for e in await orchestra.published(DECISIONS)}
    found: Reason | None = decisions[name].reason
    return found


async def test_a_newer_yes_renews_and_an_older_one_that_comes_late_shortens_nothing(
    orchestra: Any,
) -> None:
    await orchestra.configure(workspace=EXPIRING)
    await orchestra.hear(said(YES, NOW - LIFE - DAY))
    assert await reason(orchestra, "first") is Reason.CONSENT_EXPIRED
    await orchestra.hear(said(YES, NOW - DAY))
    await orchestra.hear(said(YES, NOW - 3 * LIFE))

    assert await reason(orchestra, "renewed") is None


async def test_what_was_said_before_the_policy_counts_and_the_others_are_not_read(
    orchestra: Any,
) -> None:
    await orchestra.hear(said(YES, NOW - LIFE))
    await orchestra.configure(workspace={"consent": [OPT_IN]})
    assert await reason(orchestra, "for ever") is None
    await orchestra.configure(workspace=EXPIRING)

    assert await reason(orchestra, "for a time") is Reason.CONSENT_EXPIRED


async def test_an_ask_that_waits_is_not_asked_once_the_yes_has_ended(orchestra: Any) -> None:
    """It was planned when the policy was another."""
    await orchestra.configure(workspace={"consent": [OPT_IN]}, flow={"delay": "1h"})
    await orchestra.hear(said(YES, NOW - LIFE + timedelta(minutes=30)))
    assert await reason(orchestra, "waits") is None
    await orchestra.configure(workspace=EXPIRING, flow={"delay": "1h"})
    orchestra.now += timedelta(hours=1)
    await orchestra.dispatching.dispatch()

    assert await orchestra.published(STEPS_SMS) == []
    rows = await orchestra.rows("select state, reason from orchestrator.steps")
    assert [(row["state"], row["reason"]) for row in rows] == [
        ("passed_over", Reason.CONSENT_EXPIRED)
    ]


@pytest.mark.parametrize("delay", ["0s", "10m"])
async def test_a_sender_may_ask_until_the_yes_ends_and_no_longer(
    orchestra: Any, delay: str
) -> None:
    ends = NOW + timedelta(minutes=30)
    await orchestra.configure(workspace=EXPIRING, flow={"delay": delay})
    await orchestra.hear(said(YES, ends - LIFE))
    assert await reason(orchestra, "now") is None
    orchestra.now += timedelta(minutes=10)
    await orchestra.dispatching.dispatch()

    (step,) = await orchestra.published(STEPS_SMS)
    assert step.data.expires_at == ends
    assert step.data.answers_until > ends
