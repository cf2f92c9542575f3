"""What holds for every scale and whatever people write."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.answers import Rating, Wish, read_keyword, read_opt_out, read_rating
from common.answers.tables import KNOWN, table

SCALES = [(1, 5), (0, 10), (1, 7)]


def read(text: str, low: int = 1, high: int = 5, language: str = "en") -> Rating | None:
    return read_rating(text, low=low, high=high, language=language)


def spelled(value: int, high: int) -> list[str]:
    keycaps = "".join(f"{digit}\ufe0f\u20e3" for digit in str(value))
    digits = [
        str.maketrans("0123456789", other) for other in ("０１２３４５６７８９", "०१२३४५६७८९")
    ]
    english = table("en")
    assert english is not None
    word = english.numbers.words.split()[value].split("|")[0]
    return [
        *(f"{value}", f" {value}. ", f"*{value}*", f"({value})", f"{value}!", f"{value}\n"),
        *(f"{value}/{high}", f"{value} out of {high}", f"I'd give it a {value}"),
        *(word, word.upper(), f"{word} out of ten" if high == 10 else word),
        *(keycaps, *(str(value).translate(digit) for digit in digits)),
        *((f"{value} stars", "⭐" * value, "★" * value + "☆" * (5 - value)) if high == 5 else ()),
    ]


@pytest.mark.parametrize(("low", "high"), SCALES)
def test_every_value_of_a_scale_is_read_back_from_each_spelling(low: int, high: int) -> None:
    for value in range(low, high + 1):
        for text in spelled(value, high):
            assert read(text, low, high) == Rating(value), text


@pytest.mark.parametrize(("low", "high"), SCALES)
def test_every_value_of_a_scale_may_have_a_comment(low: int, high: int) -> None:
    for value in range(low, high + 1):
        assert read(f"{value} great service", low, high) == Rating(value, "great service")


PIECES = st.one_of(
    st.text(max_size=6),
    st.integers(-20, 2_000).map(str),
    st.sampled_from(
        [*" .,/-*?+%\n", "⭐", "5️⃣", "five", "ten", "or", "out of", "stars", "great", "५"]
    ),
)


@given(
    text=st.lists(PIECES, max_size=12).map("".join) | st.lists(PIECES, max_size=8).map(" ".join),
    scale=st.sampled_from(SCALES),
    language=st.sampled_from([*sorted(KNOWN), "xx"]),
)
@example(text="5" * 4_000, scale=(0, 10), language="en")
@example(text="5 " * 2_000, scale=(0, 10), language="en")
def test_what_is_read_is_on_the_scale(text: str, scale: tuple[int, int], language: str) -> None:
    rating = read(text, *scale, language)

    assert rating is None or scale[0] <= rating.value <= scale[1]


@given(
    first=st.integers(1, 5), second=st.integers(1, 5), link=st.sampled_from([" or ", "-", " to "])
)
def test_a_choice_of_numbers_is_never_a_rating(first: int, second: int, link: str) -> None:
    assert read(f"{first}{link}{second}") is None


@given(whole=st.integers(0, 12), rest=st.integers(1, 99), mark=st.sampled_from(".,·٫"))
def test_a_decimal_is_never_a_rating(whole: int, rest: int, mark: str) -> None:
    assert read(f"{whole}{mark}{rest}", 0, 10) is None


LANGUAGE_TAGS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=3)
SILENT = st.text(
    st.characters(exclude_categories=("L", "N", "Cs"), exclude_characters="Ⓜ🔟"), max_size=30
)


@given(language=LANGUAGE_TAGS, text=SILENT, open_=st.booleans())
def test_a_text_without_letter_or_digit_is_a_keyword_in_no_language(
    language: str, text: str, open_: bool
) -> None:
    assert read_keyword(text, language, question_open=open_) is None
    assert read_opt_out(text, ["en", "ar", "it", language]).wish is Wish.NONE


@pytest.mark.parametrize("text", ["", "⭐⭐⭐⭐⭐", "👍", "?", "...", "\u200d", "\x00", "❤️"])
@pytest.mark.parametrize("language", ["ar", "it", "xx", "sw", "", *sorted(KNOWN)])
def test_a_picture_stops_nothing(text: str, language: str) -> None:
    assert read_opt_out(text, [language]).wish is Wish.NONE
