"""Caps hold over any sequence; sampling is stable and true to its rate."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import Cap
from common.events.calls import Interaction
from common.events.decisions import Decision, Reason, Verdict
from common.events.values import Metric
from common.ids import NAMESPACE
from orchestrator.domain.compiled import CompiledWorkspace
from orchestrator.domain.contact import NOBODY, Contact, after_asking, released, replaced_by
from orchestrator.domain.deciding import Facts, decide
from orchestrator.domain.invitation import ask_of
from orchestrator.domain.sampling import draw, sampling_key
from orchestrator.testing import NOW, call, compiled, flow, survey

DAY = timedelta(days=1)
CSAT = sampling_key("acme", "csat")


def ask(
    contact: Contact,
    workspace: CompiledWorkspace,
    interaction: Interaction,
    *,
    now: datetime = NOW,
    waits: bool = False,
) -> tuple[Decision, Contact]:
    """Decides, and plans the ask when invited: what the batch does."""
    decision = decide(interaction, Facts(contact), workspace=workspace, now=now)
    if decision.verdict is Verdict.SKIP:
        return decision, contact
    replaced = replaced_by(interaction, contact)
    slot = ask_of(decision, counts=True)
    after = after_asking(contact, slot, instead_of=replaced, waits=waits, horizon=workspace.memory)
    return decision, after


def test_somebody_asked_yesterday_is_not_asked_again() -> None:
    workspace = compiled(caps=(Cap(asks=1, per=30 * DAY),))
    _, asked = ask(NOBODY, workspace, call("first", ended_at=NOW - DAY), now=NOW - DAY)

    decision, _ = ask(asked, workspace, call("second"))

    assert decision.reason is Reason.FREQUENCY_CAP
    assert decision.findings[-1].fact == "1 of 1 asks in 30d"


def test_the_cap_ends_with_its_period() -> None:
    workspace = compiled(caps=(Cap(asks=1, per=DAY),))
    _, asked = ask(NOBODY, workspace, call("first", ended_at=NOW - DAY), now=NOW - DAY)

    assert ask(asked, workspace, call("second"))[0].verdict is Verdict.INVITE


def test_a_released_slot_is_free() -> None:
    workspace = compiled(caps=(Cap(asks=1, per=DAY),))
    decision, asked = ask(NOBODY, workspace, call("first"))
    assert decision.invitation_id

    free = released(asked, frozenset({decision.invitation_id}))

    assert ask(free, workspace, call("second"))[0].verdict is Verdict.INVITE


@pytest.mark.parametrize(
    ("cap", "second_flow", "refused"),
    [
        (Cap(asks=1, per=DAY), "nps-flow", True),
        (Cap(asks=1, per=DAY, metric=Metric.CSAT), "nps-flow", False),
        (Cap(asks=1, per=DAY, metric=Metric.NPS), "nps-flow", False),
        (Cap(asks=1, per=DAY, metric=Metric.CSAT), "csat-flow", True),
    ],
)
def test_caps_of_a_metric_count_that_metric(cap: Cap, second_flow: str, refused: bool) -> None:
    surveys = (survey(), survey("nps", metric=Metric.NPS))
    first = compiled(flow(), surveys=surveys, caps=(cap,))
    both = {"csat-flow": flow(), "nps-flow": flow("nps-flow", survey="nps")}
    second = compiled(both[second_flow], surveys=surveys, caps=(cap,))
    _, asked = ask(NOBODY, first, call("first"))

    assert (ask(asked, second, call("second"))[0].reason is not None) is refused


def test_a_flow_s_own_cap_counts_its_own_asks() -> None:
    cap = (Cap(asks=1, per=DAY),)
    _, asked = ask(NOBODY, compiled(flow("one", caps=cap)), call("first"))

    assert ask(asked, compiled(flow("two", caps=cap)), call("second"))[0].reason is None
    assert ask(asked, compiled(flow("one", caps=cap)), call("third"))[0].reason is not None


def test_a_newer_call_takes_the_place_of_an_unsent_ask() -> None:
    workspace = compiled(flow(delay=DAY), caps=(Cap(asks=1, per=30 * DAY),))
    first, waiting = ask(NOBODY, workspace, call("first"), waits=True)

    second, after = ask(waiting, workspace, call("second", ended_at=NOW), waits=True)

    assert second.verdict is Verdict.INVITE
    assert [one.invitation_id for one in after.asks] == [second.invitation_id]
    assert first.invitation_id not in after.waiting


def test_an_older_call_does_not_replace() -> None:
    workspace = compiled(flow(delay=DAY), caps=(Cap(asks=1, per=30 * DAY),))
    _, waiting = ask(NOBODY, workspace, call("first"), waits=True)

    older, _ = ask(waiting, workspace, call("older", ended_at=NOW - DAY / 4))

    assert older.reason is Reason.FREQUENCY_CAP


@given(
    asks=st.integers(1, 3),
    hours=st.integers(1, 72),
    gaps=st.lists(st.integers(-120, 2_000), min_size=1, max_size=40),
    delay=st.integers(0, 300),
)
def test_no_window_ever_holds_more_asks_than_its_cap(
    asks: int, hours: int, gaps: list[int], delay: int
) -> None:
    per = timedelta(hours=hours)
    workspace = compiled(
        flow(delay=timedelta(minutes=delay), maximum_age=30 * DAY), caps=(Cap(asks=asks, per=per),)
    )
    contact, now, due = NOBODY, NOW, []
    for number, gap in enumerate(gaps):
        now += timedelta(minutes=max(gap, 0))
        ended = now + timedelta(minutes=min(gap, 0))
        decision, contact = ask(contact, workspace, call(str(number), ended_at=ended), now=now)
        due += [decision.due_at] if decision.due_at else []

    for start in due:
        assert sum(start <= other < start + per for other in due) <= asks


@given(name=st.text(max_size=20), share=st.floats(0, 1))
def test_the_draw_is_stable_and_a_larger_share_keeps_who_was_in(name: str, share: float) -> None:
    interaction = uuid5(NAMESPACE, name)

    drawn = draw(CSAT, interaction)

    assert 0 <= drawn < 1
    assert drawn == draw(sampling_key("acme", "csat"), interaction)
    assert (drawn < share) <= (drawn < min(share + 0.1, 1.0)) or share == 1


def test_the_draw_of_one_call_never_changes() -> None:
    # Written down: another value would ask other people after an upgrade.
    assert draw(CSAT, UUID(int=1)) == pytest.approx(0.8231252240644148)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_sampling_is_true_to_its_rate(share: float) -> None:
    total = 20_000
    taken = sum(draw(CSAT, UUID(int=n)) < share for n in range(total))

    # Five standard deviations of a fair draw: the ids are fixed, so this never flickers.
    assert abs(taken - total * share) < 5 * (total * share * (1 - share)) ** 0.5


def test_flows_draw_independently() -> None:
    same = sum(
        (draw(CSAT, UUID(int=n)) < 0.5) == (draw(sampling_key("acme", "b"), UUID(int=n)) < 0.5)
        for n in range(4_000)
    )

    assert 1_800 < same < 2_200
