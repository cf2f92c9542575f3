"""Who may have requests in flight."""

from collections import Counter
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from closed_loop.domain.shares import AT_ONCE, OF_ENDPOINT, OF_FAILING, OF_WORKSPACE, fair_rooms

places = st.tuples(
    st.sampled_from("abcdefghijklmnopqrstuvwxyz"), st.integers(1, 4).map(lambda n: UUID(int=n))
)


@given(st.dictionaries(places, st.booleans()), st.dictionaries(places, st.integers(0, 12)))
def test_nobody_has_more_than_their_share(
    due: dict[tuple[str, UUID], bool], in_flight: dict[tuple[str, UUID], int]
) -> None:
    rooms = dict(fair_rooms(due, in_flight))

    assert rooms.keys() <= due.keys()
    assert sum(rooms.values()) <= max(0, AT_ONCE - sum(in_flight.values()))
    together: Counter[str] = Counter()
    for place in rooms.keys() | in_flight.keys():
        together[place[0]] += rooms.get(place, 0) + in_flight.get(place, 0)
    for place, room in rooms.items():
        most = OF_FAILING if due[place] else OF_ENDPOINT
        assert 0 < room <= most - in_flight.get(place, 0)
        assert together[place[0]] <= OF_WORKSPACE


def test_whoever_has_least_in_flight_comes_first() -> None:
    one = UUID(int=1)
    busy = {(f"busy{n}", one): 12 for n in range(16)} | {("busy16", one): 7}

    assert fair_rooms({("busy16", one): False, ("quiet", one): False}, busy) == [
        (("quiet", one), 1)
    ]


def test_an_endpoint_that_fails_has_one_request_at_a_time() -> None:
    one = ("acme", UUID(int=1))

    assert fair_rooms({one: True}, {}) == [(one, 1)]
    assert fair_rooms({one: True}, {one: 1}) == []
