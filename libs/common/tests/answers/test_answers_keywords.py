"""STOP, START and HELP, with nothing beside them but courtesy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.answers import Keyword, read_keyword


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


WORDS = st.text("bdgjkqvwxz", min_size=2, max_size=9)  # no language knows these


@given(before=st.lists(WORDS, max_size=3), after=st.lists(WORDS, max_size=3))
def test_stop_inside_an_unknown_sentence_is_no_keyword(before: list[str], after: list[str]) -> None:
    if before or after:
        assert keyword(" ".join([*before, "stop", *after])) is None


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    keyword(text)
