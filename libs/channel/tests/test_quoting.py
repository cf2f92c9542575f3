"""What is quoted of a message shows what was said, and no number of anybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.incoming.unmatched import LONGEST, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  leave me\nalone ", "leave me alone"),
        ("not +1 (202) 555-0101, ask 4", "not …, ask 4"),
        ("no more, 2025550101!", "no more, …!"),
        ("rate 5 of 10, in 2026", "rate 5 of 10, in 2026"),
        ("a" * 300, "a" * LONGEST + "…"),
    ],
)
def test_words_stay_and_numbers_go(text: str, shown: str) -> None:
    assert quoted(text) == shown


@given(st.text(max_size=300), st.from_regex(r"\+?[0-9]{7,15}", fullmatch=True))
def test_no_number_is_quoted(text: str, number: str) -> None:
    assert number.lstrip("+") not in quoted(f"{text} {number} {text}")
