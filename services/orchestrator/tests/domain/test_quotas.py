"""Quotas and the caps of agents, teams and queues: what is counted together, and in words."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import Cap, CountedBy, Number, NumberUse, Quota, QuotaPeriod
from common.config.documents import parse_document
from common.errors import BadInput
from common.events.calls import Leg
from common.events.decisions import Decision, Reason, Verdict
from common.events.values import Metric
from orchestrator.domain.deciding import Facts, decide
from orchestrator.domain.invitation import ask_of
from orchestrator.domain.quotas import begins
from orchestrator.domain.tally import Tally
from orchestrator.testing import CALLER, NOW, call, compiled, flow

HOUR = timedelta(hours=1)


def ask(workspace: Any, tally: Tally, name: str, **told: Any) -> Decision:
    """Decides, and counts the ask: what a batch does."""
    interaction = call(name, **told)
    decision = decide(interaction, Facts(tally=tally), workspace=workspace, now=NOW)
    if decision.verdict is Verdict.INVITE:
        chosen = workspace.flow(decision.flow_id)
        tally.plan(chosen, "acme", interaction, ask_of(decision, counts=True))
    return decision


def of(agent: str | None, team: str | None = None) -> dict[str, Any]:
    return {"legs": (Leg(agent_id="before"), Leg(agent_id=agent, team=team, queue="billing"))}


def test_a_quota_of_a_flow_refuses_what_is_beyond_it_and_says_which() -> None:
    workspace = compiled(flow(quotas=(Quota(asks=2, per=QuotaPeriod.DAY),)))
    tally = Tally(NOW)

    told = [ask(workspace, tally, str(number)) for number in range(3)]

    assert [one.reason for one in told] == [None, None, Reason.QUOTA]
    assert told[1].findings[-1].fact == "1 of 2 asks by this flow today"
    assert told[2].findings[-1].fact == "2 of 2 asks by this flow today"


@pytest.mark.parametrize(
    ("by", "ours", "another", "words"),
    [
        ("agent", of("a1"), of("a2"), " for the agent a1"),
        ("team", of("a1", "night"), of("a1", "day"), " for the team night"),
        ("queue", {"queue": "one"}, {"queue": "two"}, " for the queue one"),
        ("agent", {"legs": ()}, of("a1"), " where no agent was told"),
    ],
)
@pytest.mark.parametrize("kind", ["quota", "cap"])
def test_what_is_counted_by_agent_team_or_queue_leaves_the_others_alone(
    kind: str, by: str, ours: Any, another: Any, words: str
) -> None:
    counted = CountedBy(by)
    limit: dict[str, Any] = (
        {"quotas": (Quota(asks=1, per=QuotaPeriod.WEEK, by=counted),)}
        if kind == "quota"
        else {"caps": (Cap(asks=1, per=HOUR, by=counted),)}
    )
    workspace, tally = compiled(flow(**limit)), Tally(NOW)

    first = ask(workspace, tally, "first", **ours)
    other = ask(workspace, tally, "other", **another)
    again = ask(workspace, tally, "again", **ours)

    assert (first.reason, other.reason) == (None, None)
    assert again.reason is (Reason.QUOTA if kind == "quota" else Reason.SHARED_CAP)
    assert again.findings[-1].fact.endswith(words)


def test_caps_of_agents_count_over_flows_by_metric_and_from_the_last_ask() -> None:
    cap = Cap(asks=1, per=HOUR, by=CountedBy.AGENT, metric=Metric.CSAT)
    later = compiled(
        flow("one", when=parse_document("flow", when_queue("a")).when),
        flow("two", when=parse_document("flow", when_queue("b")).when, delay=2 * HOUR),
        caps=(cap,),
    )
    tally = Tally(NOW)

    assert ask(later, tally, "first", queue="a").reason is None
    assert ask(later, tally, "soon", queue="a").reason is Reason.SHARED_CAP
    assert ask(later, tally, "much later", queue="b").reason is None
    assert ask(later, tally, "before that", queue="a").reason is Reason.SHARED_CAP


def when_queue(queue: str) -> dict[str, Any]:
    return {"id": "x", "survey": "csat", "when": {"queues": [queue]}}


def test_test_numbers_take_no_quota_and_no_slot() -> None:
    tester = (Number(number=CALLER, use=NumberUse.TEST),)
    limits: dict[str, Any] = {
        "quotas": (Quota(asks=0, per=QuotaPeriod.HOUR),),
        "caps": (Cap(asks=1, per=HOUR, by=CountedBy.QUEUE),),
    }
    workspace, tally = compiled(flow(**limits), numbers=tester), Tally(NOW)

    assert [ask(workspace, tally, name).reason for name in "abc"] == [None, None, None]


def test_one_in_n_is_drawn_as_a_share_is() -> None:
    shares = compiled(flow(sampling_rate=0.25))
    one_in = compiled(flow(one_in=4))
    calls = [call(str(number)) for number in range(400)]

    taken = [
        [decide(one, Facts(), workspace=which, now=NOW).reason for one in calls]
        for which in (shares, one_in)
    ]

    assert taken[0] == taken[1]
    assert 70 < taken[0].count(None) < 130
    told = decide(calls[0], Facts(), workspace=one_in, now=NOW)
    assert told.findings[-1 if told.reason else 0].fact.endswith("of 1 in 4")


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"one_in": 3, "sampling_rate": 0.5}, "one_in"),
        ({"one_in": 0}, "one_in"),
        ({"quotas": [{"asks": 1, "per": "year"}]}, "quotas.0.per"),
        ({"quotas": [{"asks": 1, "per": "day", "by": "contact"}]}, "quotas.0.by"),
        ({"quotas": [{"asks": 1, "per": "day"}, {"asks": 2, "per": "day"}]}, "quotas.1"),
        ({"caps": [{"asks": 1, "per": "1d", "by": "flow"}]}, "caps.0.by"),
        ({"caps": [{"asks": 1, "per": "1d", "survey": "No Slug"}]}, "caps.0.survey"),
    ],
)
def test_limits_that_cannot_be_meant_are_refused(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(BadInput) as wrong:
        parse_document("flow", {"id": "x", "survey": "csat", **changes})

    assert [error.field for error in wrong.value.errors] == [place]


ZONES = st.sampled_from(
    ["UTC", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
).map(ZoneInfo)
MOMENTS = st.integers(-(10**8), 10**8).map(lambda seconds: NOW + timedelta(seconds=seconds))


@given(now=MOMENTS, zone=ZONES, per=st.sampled_from([p for p in QuotaPeriod if p != "unknown"]))
def test_a_period_has_begun_and_everything_within_it_begins_alike(
    now: datetime, zone: ZoneInfo, per: QuotaPeriod
) -> None:
    longest = {"hour": 2 * HOUR, "day": 25 * HOUR, "week": 7 * 24 * HOUR + HOUR}[per]

    start = begins(per, now, zone)

    assert timedelta(0) <= now - start < longest
    assert begins(per, start, zone) == start
    local = start.astimezone(zone)
    assert local.minute == 0
    assert per == "hour" or local.hour == 0
    assert per != "week" or local.weekday() == 0
