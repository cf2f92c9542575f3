"""Which accounts are asked for their templates, and when."""

from datetime import UTC, datetime, timedelta

from whatsapp_sender.domain.polling import Polling

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
A, B = ("acme", "main"), ("beta", "main")
SECOND = timedelta(seconds=1)


def polling() -> Polling:
    """Both were asked just now."""
    made = Polling(every=timedelta(minutes=5))
    made.need({A: 1, B: 1}, NOW)
    for key in made.due(NOW):
        made.asked(key, NOW)
    return made


def test_every_account_is_asked_at_once_and_then_again_and_again() -> None:
    known = Polling(every=timedelta(minutes=5))
    known.need({A: 1, B: 1}, NOW)
    first = known.due(NOW)
    for key in first:
        known.asked(key, NOW)

    assert first == [A, B]
    assert known.due(NOW + 299 * SECOND) == []
    assert known.due(NOW + 300 * SECOND) == [A, B]


def test_what_one_is_told_a_thousand_times_asks_it_once_in_ten_seconds_and_no_other() -> None:
    known = polling()
    for number in range(1_000):
        known.wake(A, NOW + number * SECOND / 1_000)

    assert known.due(NOW + 9 * SECOND) == []
    assert known.due(NOW + 10 * SECOND) == [A]


def test_what_it_is_told_while_it_is_asked_is_not_forgotten() -> None:
    known = polling()
    known.wake(A, NOW + 20 * SECOND)
    known.asked(A, NOW + 20 * SECOND)
    known.wake(A, NOW + 21 * SECOND)

    assert known.due(NOW + 29 * SECOND) == []
    assert known.due(NOW + 30 * SECOND) == [A]


def test_a_new_configuration_asks_for_those_that_need_something_else() -> None:
    known = polling()
    known.need({A: 2, B: 1, ("new", "main"): 1}, NOW + 60 * SECOND)

    assert known.due(NOW + 60 * SECOND) == [A, ("new", "main")]


def test_who_is_gone_is_asked_no_more() -> None:
    known = polling()
    known.need({B: 1}, NOW)
    known.wake(A, NOW)
    known.asked(A, NOW)

    assert known.due(NOW + 300 * SECOND) == [B]
