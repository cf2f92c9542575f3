"""`decide`: one reason per refusal, in the fixed order, with the facts used."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from common.config import Cap, Conditions, Number, NumberUse, SenderNumber
from common.events.consent import ConsentState
from common.events.decisions import Reason, Verdict
from common.events.values import Channel, Ending
from common.ids import derived
from orchestrator.domain.consent import ALL, BITS, bits_of, doubted, forbidden, in_doubt
from orchestrator.domain.contact import Ask, Contact
from orchestrator.domain.deciding import Facts, decide
from orchestrator.testing import CALLER, LINE, NOW, SENDER, account, call, compiled, flow

SMS = BITS[Channel.SMS]


def reason(interaction: Any, workspace: Any, facts: Facts | None = None) -> Reason | None:
    return decide(interaction, facts or Facts(), workspace=workspace, now=NOW).reason


def test_a_connected_call_is_asked_about() -> None:
    decision = decide(call(), Facts(), workspace=compiled(), now=NOW)

    assert decision.verdict is Verdict.INVITE
    assert (decision.flow_id, decision.survey_id, decision.channel) == ("csat-flow", "csat", "sms")
    assert decision.due_at == NOW
    assert decision.reason is None


REFUSALS: dict[str, tuple[Any, Any, Facts, Reason]] = {
    "the source said so": (
        call(do_not_survey=True), compiled(), Facts(), Reason.DO_NOT_SURVEY,
    ),
    "it ended more than five minutes from now": (
        call(ended_at=NOW + timedelta(minutes=6)), compiled(), Facts(), Reason.IN_THE_FUTURE,
    ),
    "it ended yesterday": (
        call(ended_at=NOW - timedelta(hours=25)), compiled(), Facts(), Reason.TOO_OLD,
    ),
    "it is too old for the flow that matches": (
        call(ended_at=NOW - timedelta(hours=2)),
        compiled(
            flow(maximum_age=timedelta(hours=1)), flow("other", when=Conditions(queues=("x",)))
        ),
        Facts(),
        Reason.TOO_OLD,
    ),
    "it ended before the flow was switched on": (
        call(), compiled(flow(enabled_since=NOW)), Facts(), Reason.BEFORE_FLOW_ENABLED,
    ),
    "nobody answered": (
        call(ending=Ending.MISSED), compiled(), Facts(), Reason.NOT_CONNECTED,
    ),
    "no flow is for this queue": (
        call(), compiled(flow(when=Conditions(queues=("sales",)))), Facts(), Reason.NO_FLOW,
    ),
    "a missed call of a queue without flow": (
        call(ending=Ending.MISSED), compiled(flow(when=Conditions(queues=("sales",)))), Facts(),
        Reason.NO_FLOW,
    ),
    "the flow is off": (call(), compiled(flow(enabled=False)), Facts(), Reason.NO_FLOW),
    "the workspace is unknown": (call(), None, Facts(), Reason.NO_FLOW),
    "surveys are off for the number": (
        call(our_number="+12025550192"),
        compiled(numbers=(Number(number="+12025550192", surveys=False),)),
        Facts(),
        Reason.NUMBER_DISABLED,
    ),
    "the caller hid the number": (
        call(address=None, address_problem="hidden"), compiled(), Facts(), Reason.NO_ADDRESS,
    ),
    "an e-mail address cannot be texted": (
        call(address="ann@example.org", country=None), compiled(), Facts(), Reason.NO_ADDRESS,
    ),
    "the country is not the workspace's": (
        call(address="+442079460101", country="GB"),
        compiled(),
        Facts(),
        Reason.COUNTRY_NOT_ALLOWED,
    ),
    "a colleague called": (
        call(), compiled(numbers=(Number(number=CALLER, use=NumberUse.INTERNAL),)), Facts(),
        Reason.INTERNAL_NUMBER,
    ),
    "our own line called": (call(address=LINE), compiled(), Facts(), Reason.INTERNAL_NUMBER),
    "they hardly talked": (call(talk_seconds=9.0), compiled(), Facts(), Reason.TALK_TIME),
    "the agent answered as they left": (
        call(talk_seconds=None, agent_answered_at=NOW - timedelta(seconds=65)), compiled(), Facts(),
        Reason.TALK_TIME,
    ),
    "the whole call was too short": (
        call(talk_seconds=None, started_at=NOW - timedelta(seconds=65)), compiled(), Facts(),
        Reason.TALK_TIME,
    ),
    "they said stop": (call(), compiled(), Facts(Contact(withdrawn=SMS)), Reason.OPTED_OUT),
    "they may have said stop": (
        call(),
        compiled(),
        Facts(Contact(withdrawn=bits_of([("sms", ConsentState.DOUBTED)])[0])),
        Reason.OPTED_OUT,
    ),
    "they may have said stop on another channel": (
        call(),
        compiled(),
        Facts(Contact(withdrawn=bits_of([("whatsapp", ConsentState.DOUBTED)])[0])),
        Reason.OPTED_OUT,
    ),
    "they said stop to everything": (
        call(), compiled(), Facts(Contact(withdrawn=BITS[ALL], granted=SMS)), Reason.OPTED_OUT,
    ),
    "the channel needs a yes": (
        call(), compiled(explicit_consent=(Channel.SMS,)), Facts(), Reason.NO_CONSENT,
    ),
    "the rate is nothing": (call(), compiled(flow(sampling_rate=0.0)), Facts(), Reason.SAMPLED_OUT),
    "the day's asks are used up": (
        call(), compiled(daily_ceiling=5), Facts(asked_today=5), Reason.DAILY_CEILING,
    ),
    "numbers like theirs were asked often enough": (
        call(), compiled(prefix_ceiling=5), Facts(asked_alike=5), Reason.PREFIX_CEILING,
    ),
    "the only sender is the number they called": (
        call(our_number=SENDER), compiled(), Facts(), Reason.NO_SENDER,
    ),
    "no sender is for their country": (
        call(address="+442079460101", country="GB"),
        compiled(
            countries=("GB",),
            accounts=(account(senders=(SenderNumber(number=SENDER, countries=("US",)),)),),
        ),
        Facts(),
        Reason.NO_SENDER,
    ),
    "replies to the sender would not reach us": (
        call(),
        compiled(accounts=(account(senders=(SenderNumber(number=SENDER, two_way=False),)),)),
        Facts(),
        Reason.NO_SENDER,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_nobody_is_asked_when(case: str) -> None:
    interaction, workspace, facts, expected = REFUSALS[case]

    decision = decide(interaction, facts, workspace=workspace, now=NOW)

    assert (decision.verdict, decision.reason) == (Verdict.SKIP, expected)
    assert [f.guard for f in decision.findings if f.refused] == [expected]
    assert decision.invitation_id is None


def test_the_first_guard_in_order_is_the_reason() -> None:
    everything = {
        "do_not_survey": (True, False),
        "ended_at": (NOW - timedelta(hours=30), NOW),
        "queue": ("nobody", "billing"),
        "address": (None, CALLER),
        "talk_seconds": (1.0, 60.0),
    }
    workspace = compiled(
        flow(when=Conditions(queues=("billing",))), explicit_consent=(Channel.SMS,), daily_ceiling=0
    )
    values: dict[str, Any] = {name: bad for name, (bad, _) in everything.items()}
    seen = []
    for name, (_, good) in everything.items():
        seen.append(reason(call(**values), workspace))
        values[name] = good
    seen.append(reason(call(**values), workspace))
    seen.append(reason(call(**values), workspace, Facts(Contact(granted=SMS))))

    assert seen == [
        Reason.DO_NOT_SURVEY,
        Reason.TOO_OLD,
        Reason.NO_FLOW,
        Reason.NO_ADDRESS,
        Reason.TALK_TIME,
        Reason.NO_CONSENT,
        Reason.DAILY_CEILING,
    ]


def test_a_test_number_skips_talk_time_sampling_and_caps_never_consent() -> None:
    workspace = compiled(
        flow(sampling_rate=0.0),
        caps=(Cap(asks=1, per=timedelta(days=1)),),
        numbers=(Number(number=CALLER, use=NumberUse.TEST),),
    )
    short = call(talk_seconds=1.0)

    decision = decide(short, Facts(), workspace=workspace, now=NOW)

    assert (decision.verdict, decision.test) == (Verdict.INVITE, True)
    assert reason(short, workspace, Facts(Contact(withdrawn=SMS))) is Reason.OPTED_OUT


def test_a_source_s_test_flag_skips_the_draw_and_caps_and_nothing_else() -> None:
    workspace = compiled(flow(sampling_rate=0.0), caps=(Cap(asks=1, per=timedelta(days=1)),))
    trial = call(test=True)

    decision = decide(trial, Facts(), workspace=workspace, now=NOW)
    short = decide(call(test=True, talk_seconds=1.0), Facts(), workspace=workspace, now=NOW)

    assert (decision.verdict, decision.test) == (Verdict.INVITE, True)
    assert (short.reason, short.test) == (Reason.TALK_TIME, True)
    assert reason(trial, workspace, Facts(Contact(withdrawn=SMS))) is Reason.OPTED_OUT
    assert reason(trial, workspace, Facts(asked_today=10_000)) is Reason.DAILY_CEILING


def test_nobody_is_asked_without_end_by_calls_that_are_said_to_be_tests() -> None:
    workspace = compiled(flow(), caps=(Cap(asks=1, per=timedelta(days=1)),))
    tests = tuple(
        Ask(
            invitation_id=derived(n),
            at=NOW - timedelta(minutes=n),
            ended_at=NOW - timedelta(minutes=n),
            flow="csat-flow",
            metric="csat",
            counts=False,
        )
        for n in range(20)
    )

    def said(asks: tuple[Ask, ...], **changes: Any) -> Reason | None:
        return reason(call(test=True, **changes), workspace, Facts(Contact(asks=asks)))

    assert said(tests[:19]) is None
    assert said(tests) is Reason.FREQUENCY_CAP
    of_yesterday = [
        structs.replace(tests[0], at=NOW - timedelta(days=1, minutes=n)) for n in (1, 2)
    ]
    assert said((*tests[:19], *of_yesterday)) is None


def test_an_ask_is_due_after_the_delay_and_never_in_the_past() -> None:
    later = compiled(flow(delay=timedelta(minutes=10)))

    soon = decide(call(ended_at=NOW - timedelta(minutes=4)), Facts(), workspace=later, now=NOW)
    late = decide(call(ended_at=NOW - timedelta(minutes=40)), Facts(), workspace=later, now=NOW)

    assert (soon.due_at, late.due_at) == (NOW + timedelta(minutes=6), NOW)


@given(
    talk=st.none() | st.floats(0, 100),
    ending=st.sampled_from(list(Ending)),
    withdrawn=st.integers(0, 63),
    minutes=st.integers(-2000, 20),
)
def test_the_same_facts_always_give_the_same_decision(
    talk: float | None, ending: Ending, withdrawn: int, minutes: int
) -> None:
    workspace = compiled(flow(sampling_rate=0.5))
    ended = NOW + timedelta(minutes=minutes)
    one = call(talk_seconds=talk, ending=ending, ended_at=ended)
    facts = Facts(Contact(withdrawn=withdrawn))

    first = decide(one, facts, workspace=workspace, now=NOW)

    assert first == decide(one, facts, workspace=workspace, now=NOW)
    assert (first.reason is None) is (first.verdict is Verdict.INVITE)
    assert not (first.verdict is Verdict.INVITE and withdrawn & (SMS | BITS[ALL]))


def test_an_opt_out_that_nobody_looked_at_is_told_apart_from_a_sure_one() -> None:
    feared = bits_of([("sms", ConsentState.DOUBTED)])[0]
    sure = bits_of([("sms", ConsentState.WITHDRAWN)])[0]
    both = bits_of([("sms", ConsentState.DOUBTED), ("all", ConsentState.WITHDRAWN)])[0]

    assert doubted(feared, Channel.SMS)
    assert not any(doubted(bits, Channel.SMS) for bits in (sure, both, 0))
    assert all(forbidden(bits, Channel.SMS) for bits in (feared, sure, both))
    assert not forbidden(feared, Channel.EMAIL)
    assert [in_doubt(bits) for bits in (feared, sure, both)] == [True, False, True]
