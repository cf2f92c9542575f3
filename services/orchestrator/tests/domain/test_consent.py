"""What holds of everything that was said about a channel."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.events.consent import ConsentState
from orchestrator.domain.consent import Statement, holding

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
GRANTED, WITHDRAWN = ConsentState.GRANTED, ConsentState.WITHDRAWN
DOUBTED, CLEARED = ConsentState.DOUBTED, ConsentState.CLEARED
UNKNOWN = ConsentState.UNKNOWN


def said(state: ConsentState, minute: int, channel: str = "sms") -> Statement:
    return Statement(channel, state, NOW + timedelta(minutes=minute))


def held(statements: list[Statement]) -> list[tuple[str, ConsentState]]:
    return [(one.channel, one.state) for one in holding(statements)]


@pytest.mark.parametrize(
    ("told", "holds"),
    [
        ([(GRANTED, 1)], GRANTED),
        ([(GRANTED, 1), (WITHDRAWN, 1)], WITHDRAWN),
        ([(GRANTED, 2), (WITHDRAWN, 1)], GRANTED),
        ([(GRANTED, 1), (UNKNOWN, 1)], UNKNOWN),
        ([(DOUBTED, 1)], DOUBTED),
        ([(DOUBTED, 1), (CLEARED, 1)], None),
        ([(DOUBTED, 2), (CLEARED, 1)], DOUBTED),
        ([(GRANTED, 1), (DOUBTED, 2), (CLEARED, 2)], GRANTED),
        ([(WITHDRAWN, 1), (DOUBTED, 2), (CLEARED, 2)], WITHDRAWN),
        ([(DOUBTED, 1), (CLEARED, 1), (WITHDRAWN, 2)], WITHDRAWN),
        ([(CLEARED, 1)], None),
        ([(UNKNOWN, 1), (UNKNOWN, 2), (GRANTED, 2)], UNKNOWN),
    ],
)
def test_the_newest_holds_and_a_cleared_doubt_does_not_count(
    told: list[tuple[ConsentState, int]], holds: ConsentState | None
) -> None:
    for order in permutations(told):
        found = held([said(state, minute) for state, minute in order])
        assert found == ([] if holds is None else [("sms", holds)])


@given(st.lists(st.tuples(st.sampled_from(list(ConsentState)), st.integers(0, 3)), max_size=6))
def test_a_clearing_undoes_no_withdrawal(told: list[tuple[ConsentState, int]]) -> None:
    statements = [said(state, minute) for state, minute in told]
    without = [one for one in statements if one.state not in (DOUBTED, CLEARED)]

    if held(without) == [("sms", WITHDRAWN)]:
        assert held(statements) in ([("sms", WITHDRAWN)], [("sms", DOUBTED)])


def test_channels_do_not_speak_for_each_other() -> None:
    told = [said(DOUBTED, 1), said(CLEARED, 1, "whatsapp"), said(WITHDRAWN, 1, "all")]

    assert sorted(held(told)) == [("all", WITHDRAWN), ("sms", DOUBTED)]
