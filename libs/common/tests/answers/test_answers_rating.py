"""Ratings as people write them; what leaves a doubt is not read."""

from time import process_time

import pytest

from common.answers import Rating, read_correction, read_rating
from common.answers.tables import KNOWN, table


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
        ("5👍", Rating(5)),
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


@pytest.mark.parametrize("language", sorted(KNOWN))
def test_every_language_counts_from_zero_to_ten(language: str) -> None:
    known = table(language)
    assert known is not None
    spellings = [one.split("|") for one in known.numbers.words.split()]

    assert [
        {read(word, 0, 10, language) for word in alternatives} for alternatives in spellings
    ] == [{Rating(value)} for value in range(11)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I would never give you 10", "en"),
        ("it wasn't 5", "en"),
        ("nobody deserves 5", "en"),
        ("nothing was 5", "en"),
        ("we had 3", "en"),
        ("they did 2", "en"),
        ("took a good 9", "en"),
        ("nunca te daria un 10", "es"),
        ("tardaron 3", "es"),
        ("nunca dou 10", "pt"),
        ("mai darei 10", "it"),
        ("niemand verdient 5", "de"),
        ("personne merite 5", "fr"),
    ],
)
def test_a_number_that_is_denied_or_counts_is_no_score(text: str, language: str) -> None:
    assert read(text, 0, 10, language) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("you are no. 1", "en"),
        ("Hauptstr. 5, Berlin", "de"),
        ("Calle Mayor, 5", "es"),
        ("tomorrow, 5", "en"),
        ("5, if you call me back", "en"),
        ("5, just kidding", "en"),
        ("2 very long hours", "en"),
        ("1 rude agent", "en"),
        ("3 staff told me different things", "en"),
        ("1 for sales, 2 for support", "en"),
        ("2 would be ideal", "en"),
        ("0 help", "en"),
        ("2/5 boxes arrived", "en"),
    ],
)
def test_a_number_that_names_counts_or_is_taken_back_is_no_score(text: str, language: str) -> None:
    assert read(text, 0, 10, language) is None
    assert read(text, 1, 5, language) is None


@pytest.mark.parametrize(
    ("text", "language", "rating"),
    [
        ("5 staff very friendly", "en", Rating(5, "staff very friendly")),
        ("2 my internet stopped again", "en", Rating(2, "my internet stopped again")),
        ("1 bad customer service", "en", Rating(1, "bad customer service")),
        ("3 mais ou menos", "pt", Rating(3, "mais ou menos")),
        ("5 -- great", "en", Rating(5, "great")),
        ("five (5)", "en", Rating(5)),
        ("Sam was great 5/5", "en", Rating(5, "Sam was great")),
        ("5 Frau Meier ist super", "de", Rating(5, "Frau Meier ist super")),
        ("Very good. 5", "en", Rating(5, "Very good.")),
        ("Good morning, 5", "en", Rating(5)),
    ],
)
def test_a_comment_after_a_score_is_told_from_what_is_counted(
    text: str, language: str, rating: Rating
) -> None:
    assert read(text, language=language) == rating


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("my bad, 3", 3),
        ("not 5, 4", 4),
        ("no I meant 1", 1),
        ("that should have been a 4", 4),
        ("bad, 3 people told me", None),
        ("4 you", None),
    ],
)
def test_a_correction_is_announced_or_alone(text: str, value: int | None) -> None:
    assert read_correction(text, given=5, low=1, high=5, language="en") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("we had great service 5", 5),
        ("they did great 4", 4),
        ("he deserves 5", 5),
        ("it was 3", 3),
        ("nobody answered, 1", 1),
    ],
)
def test_a_number_after_a_comment_is_still_a_score(text: str, value: int) -> None:
    found = read(text)

    assert found is not None
    assert found.value == value


def test_a_list_of_numbers_is_no_score_and_costs_little() -> None:
    began = process_time()

    assert read("it was good 5, " * 500) is None

    assert process_time() - began < 1


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("4 not 5 because of the wait", "en", 4),
        ("4, not a 5, because of the hold music", "en", 4),
        ("4 would have been 5 but the line dropped", "en", 4),
        ("4 nie 5 bo długo czekałem", "pl", 4),
        ("4 not 5 calls because of you", "en", None),
        ("4 not 5", "en", None),
    ],
)
def test_of_two_scores_that_are_compared_the_first_was_given(
    text: str, language: str, value: int | None
) -> None:
    rating = read(text, language=language)

    assert (rating and rating.value) == value


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("could have been a 5", "en"),
        ("2 would have been enough", "en"),
        ("1 star would be too many", "en"),
        ("teria sido 5", "pt"),
        ("было бы 5", "ru"),
        ("das war der 3. Anruf", "de"),
        ("6 weeks to get an engineer, six!", "en"),
        ("un merci", "fr"),
        ("number 1", "en"),
        ("3 points: slow", "en"),
        ("5 5 5 1 2 1 2", "en"),
        ("2 or so", "en"),
        ("it was like 4 or so 5", "en"),
        ("3 mis pedidos", "es"),
        ("5 por ciento", "es"),
        ("3 desde el inicio de mes", "es"),
        ("number 3 agent was best", "en"),
        ("2 my surprise they called", "en"),
        ("2. Mahnung erhalten", "de"),
        ("2つお願いがあります", "ja"),
        ("5 à la fin du mois", "fr"),
        ("5 no final do mês", "pt"),
        ("2 siparişim iptal edildi", "tr"),
        ("5 at last count", "en"),
        ("1点質問があります", "ja"),
        ("5 masalah belum selesai", "id"),
    ],
)
def test_what_was_not_given_counts_or_is_an_ordinal_is_no_score(text: str, language: str) -> None:
    assert read(text, language=language) is None


@pytest.mark.parametrize(
    ("text", "language", "rating"),
    [
        ("Sam was wonderful so 5", "en", Rating(5, "Sam was wonderful so")),
        ("super accueil donc 5", "fr", Rating(5, "super accueil donc")),
        ("5 5 5", "en", Rating(5)),
        ("5 points", "en", Rating(5)),
        ("5 por favor", "es", Rating(5)),
        ("for me 3", "en", Rating(3)),
        ("5点満点で4", "ja", Rating(4)),
        ("do 5", "it", Rating(5)),
        ("1 my order was cancelled", "en", Rating(1, "my order was cancelled")),
    ],
)
def test_a_score_is_read_beside_what_leads_to_it(text: str, language: str, rating: Rating) -> None:
    assert read(text, language=language) == rating


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("I pressed 5 by mistake, its 2", 2),
        ("Sorry wrong key. It should be 1", 1),
        ("oops i thought 5 was the worst. 1", 1),
        ("by mistake 3 times", None),
        ("you made 5 mistakes, 3", None),
        ("oops " * 300, None),
    ],
)
def test_a_correction_may_name_the_score_that_was_wrong(text: str, value: int | None) -> None:
    assert read_correction(text, given=5, low=1, high=5, language="en") == value
