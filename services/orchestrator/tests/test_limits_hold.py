"""Caps, quotas and opt-outs hold over replicas, whatever the order, the copies and the batches."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.config import ConfigReader, QuotaPeriod
from common.events import decode
from common.events.calls import Interaction, Leg
from common.events.consent import ConsentChanged, ConsentState
from common.events.decisions import Decision, Verdict
from common.ids import derived, person_id
from orchestrator.domain.attribution import agent_of, queue_of, team_of
from orchestrator.domain.quotas import begins
from orchestrator.service.consent.do_not_contact import DoNotContact
from orchestrator.service.consent.linking import Linking
from orchestrator.testing import NOW, PEPPER, address, call, contact_of, documents

HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Asia/Kathmandu")  # its hours begin at a quarter
REFUSES = 5  # the address that opted out, and
REFUSES_TOO = 3  # another one of that person, as somebody said
CUSTOMER = person_id(PEPPER, "acme", "c-1")  # who calls from the first two addresses
LISTED = 4  # the one who is on a do-not-contact list
TABLES = (
    "contacts, persons, decisions, invitations, steps, handovers, daily_asks, prefix_asks,"
    " quota_asks, aimed_calls, aimed_asks, cap_asks, consent_ledger, outbox"
)
CONFIG = documents(
    workspace={
        "zone": ZONE.key,
        "link_customers": True,
        "caps": [
            {"asks": 2, "per": "3h"},
            {"asks": 1, "per": "1h", "metric": "csat"},
            {"asks": 1, "per": "2h", "survey": "nps"},
            {"asks": 3, "per": "90m", "by": "agent"},
            {"asks": 1, "per": "1h", "by": "team", "metric": "nps"},
        ],
    }
)
CONFIG["surveys"].append({**CONFIG["surveys"][0], "id": "nps", "metric": "nps"})
CONFIG["surveys"][1]["questions"] = [
    {**CONFIG["surveys"][0]["questions"][0], "scale": [0, 10]},
]
CONFIG["flows"] = [
    {
        "id": "first",
        "survey": "csat",
        "enabled": True,
        "when": {"queues": ["a", "b"]},
        "sampling_rate": 0.8,
        "quotas": [
            {"asks": 2, "per": "hour", "by": "agent"},
            {"asks": 5, "per": "day"},
            {"asks": 4, "per": "week", "by": "queue"},
        ],
    },
    {
        "id": "second",
        "survey": "nps",
        "enabled": True,
        "when": {"all": [{"field": "queue", "one_of": ["c", "d"]}]},
        "aim": {"answers": 4, "by": "agent", "per": "day"},
        "caps": [{"asks": 2, "per": "2h", "by": "queue"}],
        "quotas": [{"asks": 1, "per": "hour", "by": "team"}],
    },
]
PERIODS = (
    ("first", QuotaPeriod.HOUR, agent_of, 2),
    ("first", QuotaPeriod.DAY, lambda _: None, 5),
    ("first", QuotaPeriod.WEEK, queue_of, 4),
    ("second", QuotaPeriod.HOUR, team_of, 1),
)


class Told(NamedTuple):
    """A call, how often it comes, and at which of the replicas."""

    person: int
    agent: str | None
    queue: str
    copies: tuple[int, ...]


TOLD = st.builds(
    Told,
    st.integers(0, 5),
    st.sampled_from(("ann", "ben", None)),
    st.sampled_from("abcd"),
    st.lists(st.integers(0, 2), min_size=1, max_size=3).map(tuple),
)
ROUNDS = st.lists(
    st.tuples(st.integers(0, 100), st.lists(TOLD, min_size=1, max_size=16)), min_size=1, max_size=4
)
ANY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def interaction(name: str, told: Told, now: datetime) -> Interaction:
    leg = Leg(agent_id=told.agent, team=told.agent and f"team of {told.agent}", queue=told.queue)
    return call(
        name,
        address=address(told.person),
        ended_at=now - timedelta(minutes=1),
        queue=told.queue,
        legs=(leg,),
        person_id=CUSTOMER if told.person < 2 else None,
    )


def person_of(decision: Decision) -> Any:
    return decision.interaction.person_id or decision.interaction.contact_id


WINDOWS = (
    (3 * HOUR, lambda _: True, person_of, 2),
    (HOUR, lambda one: one.metric == "csat", person_of, 1),
    (2 * HOUR, lambda one: one.survey_id == "nps", person_of, 1),
    (1.5 * HOUR, lambda _: True, lambda one: agent_of(one.interaction), 3),
    (HOUR, lambda one: one.metric == "nps", lambda one: team_of(one.interaction), 1),
    (2 * HOUR, lambda one: one.flow_id == "second", lambda one: queue_of(one.interaction), 2),
)


@pytest.fixture
async def limited(orchestra: Any) -> Any:
    await orchestra.configuring.apply("acme", CONFIG, by="test")
    async with orchestra.db.connection() as connection:
        await connection.execute("delete from config.documents where id = 'csat-flow'")
        await connection.execute(
            "update config.documents set enabled_since = $1 where enabled_since is not null",
            NOW - timedelta(days=365),
        )
        await connection.execute("update config.version set version = version + 1")
    return orchestra


async def from_the_start(replicas: Iterable[Any]) -> None:
    """As if nobody had ever called; one person said no."""
    for replica in replicas:
        replica.now = NOW
    async with replica.db.connection() as connection:
        for table in TABLES.split(", "):
            await connection.execute(f"truncate orchestrator.{table}")
    no = ConsentChanged(
        id=derived("no"),
        contact_id=contact_of(address(REFUSES)),
        channel="all",
        state=ConsentState.WITHDRAWN,
        occurred_at=NOW,
        source="api",
    )
    await replica.hear(no)
    one = {contact_of(address(n)): address(n) for n in (REFUSES, REFUSES_TOO)}
    await Linking(replica.db, ConfigReader(replica.db), lambda: NOW).link("acme", one, None)
    lists = DoNotContact(replica.db, PEPPER, lambda: NOW)
    await lists.add("acme", "dnd", [address(LISTED)], None, by="test")


async def decisions(orchestra: Any) -> list[Decision]:
    rows = await orchestra.rows("select event from orchestrator.decisions")
    return [decode(row["event"], Decision).data for row in rows]


def most_in_a_window(times: Sequence[datetime], per: timedelta) -> int:
    return max(sum(start <= one < start + per for one in times) for start in times)


@ANY
@given(rounds=ROUNDS)
async def test_no_cap_quota_or_opt_out_is_passed(
    limited: Any, replicas: Any, rounds: list[tuple[int, list[Told]]]
) -> None:
    await from_the_start([limited, *replicas])
    names = []
    for number, (minutes, told) in enumerate(rounds):
        for replica in replicas:
            replica.now += timedelta(minutes=minutes)
        batches: list[list[Interaction]] = [[], [], []]
        for place, one in enumerate(told):
            names.append(f"{number}-{place}")
            for copy in one.copies:
                batches[copy].append(interaction(names[-1], one, replicas[0].now))
        batches[1].reverse()
        await asyncio.gather(
            *(one.take(*batch) for one, batch in zip(replicas, batches, strict=True) if batch)
        )

    made = await decisions(limited)
    assert sorted(one.interaction.call_id or "" for one in made) == sorted(names)
    asked = [one for one in made if one.verdict is Verdict.INVITE]
    unwanted = {contact_of(address(one)) for one in (REFUSES, REFUSES_TOO, LISTED)}
    assert unwanted.isdisjoint(one.interaction.contact_id for one in asked)
    for flow, per, who, most in PERIODS:
        counted = Counter(
            (who(one.interaction), begins(per, one.decided_at, ZONE))
            for one in asked
            if one.flow_id == flow
        )
        assert max(counted.values(), default=0) <= most
    for window, counts, whose, most in WINDOWS:
        by_name: dict[Any, list[datetime]] = {}
        for one in filter(counts, asked):
            assert one.due_at
            by_name.setdefault(whose(one), []).append(one.due_at)
        assert all(most_in_a_window(times, window) <= most for times in by_name.values())


@ANY
@given(told=st.lists(TOLD, min_size=2, max_size=30))
async def test_a_batch_decides_what_is_decided_one_by_one(limited: Any, told: list[Told]) -> None:
    calls = [interaction(str(number), one, NOW) for number, one in enumerate(told)]
    said = []
    for batches in ([calls], [[one] for one in calls]):
        await from_the_start([limited])
        for batch in batches:
            await limited.take(*batch)
        said.append(
            {
                one.interaction.call_id: (one.reason, one.flow_id, one.findings, one.due_at)
                for one in await decisions(limited)
            }
        )

    assert said[0] == said[1]
    assert len(said[0]) == len(calls)
