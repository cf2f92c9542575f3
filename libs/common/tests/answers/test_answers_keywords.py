"""STOP, START and HELP, with nothing beside them but courtesy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.answers import Keyword, Wish, read_keyword, read_opt_out
from common.answers.tables import phrases


def keyword(text: str, language: str = "en", *, question_open: bool = True) -> Keyword | None:
    return read_keyword(text, language, question_open=question_open)


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        " stop\n",
        "Stop.",
        "sToP!!!",
        "“stop”",
        "*STOP*",
        "STOP 🛑",
        "ＳＴＯＰ",
        "\u200eSTOP",
        "stopall",
        "Stop  All",
        "UNSUBSCRIBE",
        "cancel",
        "end",
        "Quit",
        "revoke",
        "optout",
        "opt out",
        "OPT-OUT",
    ],
)
def test_stop_is_read_in_any_case_and_with_any_marks_around_it(text: str) -> None:
    assert keyword(text) is Keyword.STOP


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("BAJA", "es"),
        ("alto", "es-MX"),
        ("STOPP", "de"),
        ("ARRÊT", "fr"),
        ("arret", "fr"),
        ("Parar", "pt-BR"),
        ("बंद करें।", "hi"),
        ("रोकें", "hi"),
        ("STOP", "hi"),
        ("stop", "xx"),
    ],
)
def test_stop_is_read_in_the_language_of_the_person_and_in_english(
    text: str, language: str
) -> None:
    assert keyword(text, language) is Keyword.STOP


def test_a_word_of_another_language_stops_nothing() -> None:
    assert keyword("alto", "pt") is None


@pytest.mark.parametrize("text", ["start", "UNSTOP", "Start!"])
def test_start_brings_back_at_any_time(text: str) -> None:
    assert keyword(text, question_open=True) is Keyword.START


@pytest.mark.parametrize(("text", "language"), [("YES", "en"), ("Sí", "es"), ("ja.", "de")])
def test_yes_brings_back_only_where_nobody_was_asked(text: str, language: str) -> None:
    assert keyword(text, language, question_open=False) is Keyword.START
    assert keyword(text, language, question_open=True) is None


@pytest.mark.parametrize(
    ("text", "language"), [("HELP", "en"), ("help?", "en"), ("info", "en"), ("Ayuda", "es")]
)
def test_help_is_read(text: str, language: str) -> None:
    assert keyword(text, language) is Keyword.HELP


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("STOP\nSent from my car", "en"),
        ("STOP. I called you at 5", "en"),
        ("STOP texting me, I am driving right now", "en"),
        ("stop texting me, your balance is wrong", "en"),
        ("STOP sending texts to landline", "en"),
        ("Baja, el abonado no quiere mensajes", "es"),
        ("Arretez de m'envoyer des sms, je conduis actuellement", "fr"),
        ("STOP\n> Thank you for contacting Acme. How was it?", "en"),
    ],
)
def test_who_says_no_is_heard_whatever_a_machine_might_have_said_after_it(
    text: str, language: str
) -> None:
    assert keyword(text, language) is Keyword.STOP


@pytest.mark.parametrize(
    "text",
    [
        "Loved “How was it? Reply STOP to opt out”",
        "I'm not receiving notifications. Reply STOP to stop",
        "Thank you for contacting Acme. STOP",
        "Message blocking is active. Unsubscribe",
    ],
)
def test_what_a_machine_says_is_no_opt_out(text: str) -> None:
    assert keyword(text) is None
    assert read_opt_out(text, ["en"]).wish is Wish.NONE


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("SOTP", "en"),
        ("stooop", "en"),
        ("STOPSTOP", "en"),
        ("unsubscrbe please", "en"),
        ("stop textng me", "en"),
        ("dame de vaja", "es"),
        ("aret svp", "fr"),
        ("отпишите миня", "ru"),
        ("2 ותפסיקו לשלוח לי", "he"),
    ],
)
def test_an_opt_out_with_a_slip_is_one(text: str, language: str) -> None:
    assert keyword(text, language) is Keyword.STOP


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("shop", "en"),
        ("step please", "en"),
        ("cancel my contract", "en"),
        ("la caja", "es"),
        ("pagar", "pt"),
        ("anmelden", "de"),
        ("chiamatemi dopo le 5", "it"),
    ],
)
def test_a_word_that_is_like_a_keyword_is_another_word(text: str, language: str) -> None:
    assert read_opt_out(text, [language]).wish is Wish.NONE


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("for the last time stop texting me", Wish.SURE),
        ("remove me from whatever this is", Wish.SURE),
        ("stop calling my grandmother's landline", Wish.MAYBE),
        ("remove a fee for me", Wish.MAYBE),
        ("stop putting callers on hold", Wish.NONE),
        ("he would not stop sending me texts", Wish.NONE),
    ],
)
def test_unknown_words_leave_no_doubt_only_about_our_own_texts(text: str, wish: Wish) -> None:
    assert read_opt_out(text, ["en"]).wish is wish


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("please send me your texts again", "en"),
        ("vuelvan a enviarme mensajes", "es"),
        ("ich möchte wieder Nachrichten bekommen", "de"),
    ],
)
def test_who_asks_for_texts_again_is_back(text: str, language: str) -> None:
    assert keyword(text, language) is Keyword.START
    assert keyword(f"{text}?", language) is None


@pytest.mark.parametrize("text", ["you texted me again", "do not send me texts again"])
def test_who_only_speaks_of_it_is_not_back(text: str) -> None:
    assert keyword(text) is not Keyword.START


@pytest.mark.parametrize("text", ["fine", "Fine thanks", "fine, grazie"])
def test_a_keyword_that_is_an_ordinary_word_in_english_is_a_maybe(text: str) -> None:
    assert read_opt_out(text, ["it"]).wish is Wish.MAYBE


def test_a_keyword_is_looked_for_without_reading_the_tables_again() -> None:
    keyword("no idea what this is", "hi")
    before = phrases.cache_info().misses

    keyword("another one", "hi")

    assert phrases.cache_info().misses == before


WORDS = st.text("bdgjkqvwxz", min_size=2, max_size=9)  # no language knows these


@given(before=st.lists(WORDS, max_size=3), after=st.lists(WORDS, max_size=3))
def test_stop_inside_an_unknown_sentence_is_no_keyword(before: list[str], after: list[str]) -> None:
    if before or after:
        assert keyword(" ".join([*before, "stop", *after])) is None


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    keyword(text)
