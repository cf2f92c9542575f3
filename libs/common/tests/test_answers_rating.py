"""Ratings as people write them; what leaves a doubt is not read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.answers import Rating, read_rating
from common.answers.words import LANGUAGES

SCALES = [(1, 5), (0, 10), (1, 7)]


def read(text: str, low: int = 1, high: int = 5, language: str = "en") -> Rating | None:
    return read_rating(text, low=low, high=high, language=language)


@pytest.mark.parametrize(
    "text",
    [
        "5",
        " 5. ",
        "5!!!",
        "*5*",
        "“5”",
        "(5)",
        "05",
        "5/5",
        "5 / 5",
        "5 out of 5",
        "five",
        "FIVE.",
        "five out of five",
        "5 (five)",
        "5 stars",
        "5-star",
        "5 star rating",
        "5/5 stars",
        "5 ⭐",
        "⭐⭐⭐⭐⭐",
        "⭐️⭐️⭐️⭐️⭐️",
        "★★★★★",
        "5️⃣",
        "５",
        "५",
        "٥",
        "\u200f5",
        "\t5\r\n",
        "I'd give it a 5",
        "I’d give it a five!",
        "Rating: 5",
        "Score=5",
        "Sorry, I meant 5",
        "Hello, 5, thanks",
        "5 thank you",
    ],
)
def test_a_rating_is_read_in_every_spelling(text: str) -> None:
    assert read(text) == Rating(5)


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("5 great service", Rating(5, "great service")),
        ("5. Great (really).", Rating(5, "Great (really).")),
        ("*5* great", Rating(5, "great")),
        ("5 - great", Rating(5, "great")),
        ("5👍", Rating(5, "👍")),
        ("5\nwaited 20 minutes", Rating(5, "waited 20 minutes")),
        ("5. 3 calls needed", Rating(5, "3 calls needed")),
        ("5 no one else helps", Rating(5, "no one else helps")),
        ("1 Terrible", Rating(1, "Terrible")),
        ("Five! Great", Rating(5, "Great")),
        ("Great service, 4/5", Rating(4, "Great service")),
        ("Very helpful 4", Rating(4, "Very helpful")),
        ("Terrible. 1", Rating(1, "Terrible.")),
        ("I'd give it a 4 because it was slow", Rating(4, "because it was slow")),
        ("★★★★☆ too slow", Rating(4, "too slow")),
        ("4 it rang, 2025550101 was busy", Rating(4, "it rang, 2025550101 was busy")),
    ],
)
def test_what_is_said_beside_a_rating_is_kept(text: str, rating: Rating) -> None:
    assert read(text) == rating


@pytest.mark.parametrize(
    "text",
    [
        "4 or 5",
        "four or five",
        "4 or five",
        "3-4",
        "4 to 5",
        "4, 5",
        "4 5",
        "4 maybe five",
        "between 4 and 5",
        "5 stars or 4 stars",
        "5 no 4",
        "4/5 or 5/5",
        "★★★ 4",
    ],
)
def test_two_ratings_are_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "4.5",
        "4,5",
        "4½",
        "½",
        "4 and a half",
        "5²",
        "-5",
        "- 5",
        "−5",
        "➖5",
        "minus five",
        "+5",
        "5+",
        "5?",
        "5%",
        "$5",
        "5 €",
        "5th",
        "B5",
        "0",
        "6",
        "55",
        "555",
        "007",
        "4/10",
        "10/10",
        "5 of 10",
        "2025550101",
        "1 202 555 0101",
        "1 (202) 555-0101",
        "12/03/2024",
        "5/5/2024",
        "5 May",
        "2:30",
        "5 p.m.",
        "5 a.m.",
        "at 5",
        "5 minutes",
        "5min",
        "1 hour on hold",
        "2 of your agents",
    ],
)
def test_a_number_that_is_no_rating_is_not_read(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "👍",
        "not 5",
        "less than 5",
        "I wouldn't give 5 stars",
        "No one helped",
        "One agent was rude",
        "nice one",
        "one-off",
        "two of your agents",
        "I have 2 points to make",
    ],
)
def test_a_sentence_with_a_number_is_not_read(text: str) -> None:
    assert read(text) is None


def test_stars_are_of_five() -> None:
    assert read("5 stars", 0, 10) is None
    assert read("⭐⭐⭐⭐⭐", 0, 10) is None
    assert read("★★★★☆☆") is None


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("le doy un 4", "es", 4),
        ("Le daría un cuatro.", "es-MX", 4),
        ("ich würde eine 4 geben", "de", 4),
        ("fünf", "de", 5),
        ("FUENF", "de", 5),
        ("cinq étoiles", "fr", 5),
        ("4 sur 5", "fr", 4),
        ("4 de 5", "pt", 4),
        ("duas", "pt", 2),
        ("पाँच", "hi", 5),
        ("मैं 5 दूंगा", "hi", 5),
        ("५ में से ४", "hi", 4),
        ("paanch", "hi", 5),
        ("five", "hi", 5),
        ("five", "xx", 5),
    ],
)
def test_languages_have_their_own_words(text: str, language: str, value: int) -> None:
    assert read(text, language=language) == Rating(value)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("5 minutos", "es"),
        ("4 y medio", "es"),
        ("4 oder 5", "de"),
        ("4 à 5", "fr"),
        ("cinco", "en"),
        ("साढ़े चार", "hi"),
        ("4 या 5", "hi"),
        ("5 Uhr", "de"),
    ],
)
def test_languages_have_their_own_doubts(text: str, language: str) -> None:
    assert read(text, language=language) is None


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_counts_from_zero_to_ten(language: str) -> None:
    spellings = [one.split("|") for one in LANGUAGES[language].numbers.split()]

    assert [
        {read(word, 0, 10, language) for word in alternatives} for alternatives in spellings
    ] == [{Rating(value)} for value in range(11)]


def spelled(value: int, high: int) -> list[str]:
    keycaps = "".join(f"{digit}\ufe0f\u20e3" for digit in str(value))
    digits = [
        str.maketrans("0123456789", other) for other in ("０１２３４５６７８９", "०१२३४५६७८९")
    ]
    word = LANGUAGES["en"].numbers.split()[value]
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
    language=st.sampled_from([*LANGUAGES, "xx"]),
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


@given(whole=st.integers(0, 12), rest=st.integers(0, 99), mark=st.sampled_from(".,·٫"))
def test_a_decimal_is_never_a_rating(whole: int, rest: int, mark: str) -> None:
    assert read(f"{whole}{mark}{rest}", 0, 10) is None
