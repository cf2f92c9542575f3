"""A draft over past calls says what the batch path would have decided, and writes nothing."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from msgspec import structs

from common.config import Cap, Config, PlanStep
from common.errors import BadInput, Problem
from common.events import decode
from common.events.calls import Interaction, Leg
from common.events.consent import ConsentChanged, ConsentState
from common.events.decisions import Decision
from common.events.values import Channel
from common.ids import derived, person_id
from orchestrator.domain.compiled import compile_config
from orchestrator.domain.configuring.rights import Ceilings
from orchestrator.domain.replay import Replay
from orchestrator.repository.deciding import dry_runs
from orchestrator.service.configuration.applying import Applying
from orchestrator.service.dry_run import playing as module
from orchestrator.service.dry_run.playing import Playing
from orchestrator.service.dry_run.requests import MOST_OPEN, DryRuns
from orchestrator.testing import NOW, PEPPER, address, call, config, contact_of, documents, flow

HOUR = timedelta(hours=1)
USED = {"frequency_cap", "sampled_out", "opted_out", "talk_time", "quota", "shared_cap"}
DRAFT: dict[str, Any] = {
    "workspace": {
        "zone": "Asia/Tokyo",
        "daily_ceiling": 12,
        "link_customers": True,
        "caps": [
            {"asks": 1, "per": "12h"},
            {"asks": 2, "per": "3d"},
            {"asks": 2, "per": "3h", "by": "agent"},
        ],
    },
    "flow": {
        "sampling_rate": 0.8,
        "delay": "30m",
        "minimum_talk": "30s",
        "quotas": [
            {"asks": 3, "per": "hour", "by": "queue"},
            {"asks": 9, "per": "day"},
            {"asks": 16, "per": "week", "by": "agent"},
        ],
        "text_hours": "07:00-21:00",
        "days": {"weekends": False},
        "expiry": "3d",
    },
}


def calls(count: int, *, seed: int = 1) -> list[tuple[datetime, list[Interaction]]]:
    """Polls of some calls each, over three days, of people who call again and again."""
    draw = Random(seed)
    found: list[tuple[datetime, list[Interaction]]] = []
    at = NOW
    made = 0
    while made < count:
        at += timedelta(minutes=draw.choice((1, 7, 45, 240)))
        some = min(draw.choice((1, 3, 12)), count - made)
        poll = [_call(made + n, at, draw) for n in range(some)]
        # In which order they came together, nobody remembers; a dry run goes by their ids.
        found.append((at, sorted(poll, key=lambda one: one.id)))
        made += some
    return found


def _call(number: int, at: datetime, draw: Random) -> Interaction:
    agent = draw.choice("abc")
    number_of = draw.choice([*map(address, range(25)), "+442079460000", None])
    return call(
        f"c{number}",
        address=number_of,
        # Three customers, of two or three numbers each.
        person_id=_customer(number_of) if number_of and number_of[-2:] < "08" else None,
        country=None,
        ended_at=at - timedelta(seconds=draw.choice((5, 5, 5, 3_600, 30 * 3_600))),
        ending=draw.choice(("connected", "connected", "missed")),
        talk_seconds=draw.choice((5.0, 120.0, None)),
        do_not_survey=draw.random() < 0.05,
        queue=draw.choice(("billing", "support")),
        legs=(Leg(agent_id=agent),),
    )


def _customer(number: str) -> Any:
    return person_id(PEPPER, "acme", str(int(number[-1]) % 3))


@pytest.fixture
def dry(orchestra: Any) -> Any:
    """Asks for a dry run of a draft and plays it; returns its row."""
    applying = Applying(orchestra.db, orchestra.stopping, clock=lambda: orchestra.now)
    runs = DryRuns(db=orchestra.db, applying=applying, clock=lambda: orchestra.now)
    playing = Playing(db=orchestra.db, ceilings=Ceilings(), clock=lambda: orchestra.now)

    async def play(draft: Any, **changes: Any) -> Any:
        facts: dict[str, Any] = {"since": NOW - HOUR, "until": None, "prices": {}} | changes
        row = await runs.ask("acme", draft, by="test", is_operator=True, **facts)
        assert row["state"] == "waiting"
        while await playing.look():
            pass
        return await runs.find("acme", row["id"])

    play.runs, play.playing = runs, playing  # type: ignore[attr-defined]
    return play


async def test_the_dry_run_and_the_batch_path_decide_alike(
    orchestra: Any, dry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Played beside another configuration, after the fact, in slices of another size."""
    told = calls(300)
    await orchestra.configure(**DRAFT)
    no = ConsentChanged(
        id=derived("no"),
        contact_id=contact_of(address(3)),
        channel="all",
        state=ConsentState.WITHDRAWN,
        occurred_at=NOW,
        source="api",
    )
    await orchestra.hear(no)
    for at, poll in told:
        await _as_it_falls_due(orchestra, until=at)
        await orchestra.take(*poll)
    rows = await orchestra.rows("select reason, event from orchestrator.decisions")
    decided = [decode(row["event"], Decision).data for row in rows]
    await orchestra.configure(flow={"enabled": False, "sampling_rate": 0.1})
    before = await _everything(orchestra)
    monkeypatch.setattr(module, "CHUNK", 37)
    monkeypatch.setattr(module, "AT_ONCE", 5)

    orchestra.now += HOUR
    row = await dry(documents(**DRAFT), prices={"sms": 0.5})

    result = row["result"]
    reasons: dict[str, int] = {}
    for one in decided:
        reasons[one.reason or "invite"] = reasons.get(one.reason or "invite", 0) + 1
    assert result["not_asked"] | {"invite": result["asked"]} == reasons
    assert {*reasons} >= USED
    assert sum(one["calls"] for one in result["agents"].values()) == result["calls"] == 300
    assert sum(one["asked"] for one in result["queues"].values()) == result["asked"]
    assert result["replaced"] > 0
    assert result["cost"] == (result["asked"] - result["replaced"]) / 2
    assert result["expected_answers"] is None  # nobody knows how many of these are answered
    assert await _everything(orchestra) == before


def test_every_single_verdict_is_that_of_the_batch() -> None:
    """Whatever comes together: the same decisions, findings and all."""
    whole = config(
        flow(sampling_rate=0.8, caps=(Cap(asks=2, per=12 * HOUR),)),
        flow("second", priority=-1, plan=(PlanStep(channel=Channel.SMS),)),
        daily_ceiling=12,
    )
    compiled = compile_config(Config(1, {"acme": whole}))
    for seed in range(5):
        found = []
        for together in (True, False):
            replay = Replay(compiled, compiled.workspaces["acme"])
            made: list[Decision] = []
            for now, poll in calls(200, seed=seed):
                for some in [poll] if together else [[one] for one in poll]:
                    made += replay.play(some, now)
            found.append((made, replay.outcome))
        assert found[0] == found[1]
        assert all(structs.asdict(one)["findings"] for one in found[0][0] if one.reason)


async def test_it_says_what_may_be_expected(orchestra: Any, dry: Any) -> None:
    people = [address(number) for number in range(60)]
    await orchestra.take(*[call(number, address=number, ended_at=NOW) for number in people])
    async with orchestra.db.connection() as connection:
        await connection.execute(
            "update orchestrator.steps set state = 'delivered', sent_at = send_by"
        )
        await connection.execute(
            "update orchestrator.invitations set status = 'answered' where id in"
            " (select id from orchestrator.invitations order by id limit 15)"
        )
    orchestra.now = NOW + HOUR

    row = await dry(documents(), prices={"sms": 0.01})

    assert row["state"] == "done"
    assert (row["played"], row["calls"]) == (60, 60)
    result = row["result"]
    assert (result["asked"], result["answer_rates"]) == (60, {"sms": 0.25})
    assert (result["expected_answers"], result["cost"]) == (15.0, 0.6)


async def test_a_yes_that_has_ended_is_none_in_a_dry_run_either(orchestra: Any, dry: Any) -> None:
    for person, age in ((1, 11), (2, 9)):
        yes = ConsentChanged(
            id=derived("yes", person),
            contact_id=contact_of(address(person)),
            channel="sms",
            state=ConsentState.GRANTED,
            occurred_at=NOW - timedelta(days=age),
            source="api",
        )
        await orchestra.hear(yes)
    await orchestra.take(*(call(f"c{n}", address=address(n)) for n in (1, 2, 3)))
    entry = {"countries": ["US"], "channels": ["sms"], "policy": "opt_in", "expires_after": "10d"}
    orchestra.now += HOUR

    result = (await dry(documents(workspace={"consent": [entry]})))["result"]

    assert (result["asked"], result["not_asked"]) == (1, {"consent_expired": 1, "no_consent": 1})


async def test_conditions_over_what_hardly_anybody_asks_for_are_played_too(
    orchestra: Any, dry: Any
) -> None:
    told = [call(f"c{n}", address=address(n), attributes={"tier": "ab"[n % 2]}) for n in range(6)]
    await orchestra.take(*told)
    orchestra.now = NOW + HOUR

    only = {"all": [{"field": "attributes.tier", "is": "a"}]}
    row = await dry(documents(flow={"when": only}))

    assert (row["state"], row["error"]) == ("done", None)
    assert (row["result"]["asked"], row["result"]["not_asked"]) == (3, {"no_flow": 3})


async def test_who_asks_for_many_stands_behind_who_asks_for_one(orchestra: Any, dry: Any) -> None:
    """Dry runs are played one at a time, and one may take minutes."""
    await orchestra.configure()
    async with orchestra.db.connection() as connection:
        await connection.execute(
            "insert into orchestrator.dry_runs"
            " (workspace, id, draft, since, until, state, asked_by, asked_at)"
            " select k.workspace, gen_random_uuid(), '{}', $1, $1, 'waiting', 'x', k.at"
            " from unnest($2::text[], $3::timestamptz[]) as k (workspace, at)",
            NOW,
            ["loud", "loud", "loud", "quiet"],
            [NOW + n * HOUR / 60 for n in range(4)],
        )
        taken = []
        for n in range(4):
            at = NOW + (n + 1) * HOUR / 60
            taken.append(await dry_runs.take(connection, at, at + HOUR))

    assert [one["workspace"] for one in taken] == ["loud", "quiet", "loud", "loud"]


async def test_a_draft_that_could_not_be_applied_is_refused(dry: Any) -> None:
    with pytest.raises(BadInput):
        await dry({"flows": [{"id": "f", "survey": "none"}]})
    with pytest.raises(BadInput):
        await dry(documents(), since=NOW - timedelta(days=29))


async def test_it_can_be_cancelled_while_it_plays(orchestra: Any, dry: Any) -> None:
    await orchestra.take(call())
    orchestra.now = NOW + HOUR
    wanted = {"since": NOW - HOUR, "until": None, "prices": {}, "by": "t", "is_operator": True}
    rows = [await dry.runs.ask("acme", documents(), **wanted) for _ in range(MOST_OPEN)]
    with pytest.raises(Problem):
        await dry.runs.ask("acme", documents(), **wanted)

    cancelled = await dry.runs.cancel("acme", rows[0]["id"])
    while await dry.playing.look():
        pass

    assert cancelled["state"] == "cancelled"
    states = [(await dry.runs.find("acme", row["id"]))["state"] for row in rows]
    assert states == ["cancelled", "done", "done"]
    with pytest.raises(Problem):
        await dry.runs.find("other", rows[0]["id"])


async def test_what_somebody_did_not_live_to_finish_is_begun_again(
    orchestra: Any, dry: Any
) -> None:
    await orchestra.take(call())
    orchestra.now = NOW + HOUR
    wanted = {"since": NOW - HOUR, "until": None, "prices": {}, "by": "t", "is_operator": True}
    row = await dry.runs.ask("acme", documents(), **wanted)
    async with orchestra.db.connection() as connection:
        await connection.execute(
            "update orchestrator.dry_runs set state = 'running', leased_until = $1",
            orchestra.now + timedelta(minutes=1),
        )

    assert not await dry.playing.look()
    orchestra.now += timedelta(minutes=2)
    assert await dry.playing.look()

    assert (await dry.runs.find("acme", row["id"]))["state"] == "done"


async def _as_it_falls_due(orchestra: Any, *, until: datetime) -> None:
    """Each ask goes out at its time: one that is late may find the hours closed, and wait."""
    due = "select min(due_at) as at from orchestrator.steps where waits and due_at <= $1"
    while (at := (await orchestra.rows(due, until))[0]["at"]) is not None:
        orchestra.now = at
        await orchestra.dispatching.dispatch()
    orchestra.now = until


async def _everything(orchestra: Any) -> list[Any]:
    """All rows but those of dry runs."""
    tables = await orchestra.rows(
        "select table_schema || '.' || table_name from information_schema.tables"
        " where table_schema in ('orchestrator', 'config', 'bus')"
        " and table_type = 'BASE TABLE' and table_name not in ('dry_runs', 'group_offsets')"
        " order by 1"
    )
    return [
        (table, await orchestra.rows(f"select t::text as row from {table} t order by 1"))
        for [table] in tables
    ]
