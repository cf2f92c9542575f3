"""Created, updated, finished: each told once, whatever comes twice or late."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from analytics.testing import response
from closed_loop.domain.happenings import Event, Seen, happenings, message_id
from common.events.responses import Response, ResponseState


def going_on(revision: int = 1) -> Response:
    return response(revision=revision, state=ResponseState.IN_PROGRESS)


def test_a_first_answer_creates_a_response() -> None:
    assert happenings(Seen(), going_on()) == [Event.CREATED]


def test_a_first_answer_may_finish_the_survey() -> None:
    assert happenings(Seen(), response()) == [Event.CREATED, Event.FINISHED]


def test_what_changes_later_is_an_update_and_finishes_once() -> None:
    seen = Seen().after(going_on(1))

    assert happenings(seen, response(revision=2)) == [Event.UPDATED, Event.FINISHED]
    assert happenings(seen.after(response(revision=2)), response(revision=3)) == [Event.UPDATED]


def test_a_copy_and_an_older_revision_say_nothing() -> None:
    seen = Seen().after(response(revision=4))

    assert happenings(seen, response(revision=4)) == []
    assert happenings(seen, response(revision=3)) == []


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=30))
def test_nothing_is_told_twice_in_any_order(came: list[tuple[int, bool]]) -> None:
    seen = Seen()
    told: Counter[object] = Counter()
    for revision, finished in came:
        state = ResponseState.FINISHED if finished else ResponseState.IN_PROGRESS
        one = response(revision=revision, state=state)
        for event in happenings(seen, one):
            told[message_id(event, one)] += 1
        seen = seen.after(one)

    assert all(count == 1 for count in told.values())
