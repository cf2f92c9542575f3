"""What a provider answers may be anything; what is written of it fits a row."""

import pytest

from channel.store.outcomes import (
    LONGEST_NAME,
    LONGEST_WORDS,
    Accepted,
    AccountRefused,
    Ambiguous,
    Deferred,
    NothingLeft,
    Outcome,
    Rejected,
    Throttled,
    storable,
)
from common.events.sends import FailureClass


@pytest.mark.parametrize(
    "outcome",
    [
        Accepted("S" * LONGEST_NAME),
        Rejected(FailureClass.INVALID_NUMBER, "21211"),
        AccountRefused("20003", sender_only=True),
        Throttled(2.0),
        Ambiguous("http 500"),
    ],
)
def test_an_ordinary_answer_is_kept_as_it_is(outcome: Outcome) -> None:
    assert storable(outcome) == outcome


@pytest.mark.parametrize("name", ["S" * (LONGEST_NAME + 1), "S\x00M", "S\ud800"])
def test_a_message_whose_name_cannot_be_kept_may_have_been_sent(name: str) -> None:
    assert isinstance(storable(Accepted(name)), Ambiguous)


@pytest.mark.parametrize("words", ["\x00" * 5, "\udfff", "w" * 60_000])
def test_the_reason_is_cut_and_made_text(words: str) -> None:
    for outcome in (
        Rejected(FailureClass.UNKNOWN, words),
        AccountRefused(words),
        NothingLeft(words),
        Deferred(words, after=1.0),
        Ambiguous(words),
    ):
        said = storable(outcome)
        assert type(said) is type(outcome)
        (text,) = (v for v in (getattr(said, n, None) for n in ("code", "reason")) if v is not None)
        assert 0 < len(text) <= LONGEST_WORDS
        assert "\x00" not in text
        assert text.encode()
