"""Filling variables, and counting segments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.render import (
    Encoding,
    Segments,
    check_variables,
    holes,
    plain,
    render,
    says_something,
    segments,
)


def test_variables_are_filled() -> None:
    text = render("Hi {name}, {brand} here.", {"name": "Noor", "brand": "Acme"})

    assert text == "Hi Noor, Acme here."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hi {name}, how was it?", "Hi, how was it?"),
        ("Hi {name} {surname}, how", "Hi, how"),
        ("Hi {name}!", "Hi!"),
        ("Bonjour {name} !", "Bonjour !"),
        ("{name}, how was it?", "how was it?"),
        ("One line\n{name}, next", "One line\nnext"),
        ("by {agent} of Acme", "by of Acme"),
        ("thanks {name}", "thanks"),
        ("two  spaces  stay", "two  spaces  stay"),
    ],
)
def test_a_variable_without_a_value_leaves_no_gap(text: str, expected: str) -> None:
    assert render(text, {}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How was {agent|our team} today?", "How was our team today?"),
        (
            "{agent|Our team} helped you. {name|} How was it?",
            "Our team helped you. {name|} How was it?",
        ),
        ("How was {agent|our team} of {brand}?", "How was our team of Acme?"),
        ("{name|Hello}, {agent|we} {queue}", "Hello, we"),
    ],
)
def test_a_variable_without_a_value_is_what_its_text_says_instead(text: str, expected: str) -> None:
    assert render(text, {"brand": "Acme", "agent": " \n"}) == expected
    assert "Ann" in render("{agent|our team}", {"agent": "Ann"})


def test_what_is_said_instead_is_checked_and_holds_no_variable() -> None:
    assert check_variables("How was {agent|our team}?", {"agent"}) == []
    assert check_variables("How was {agnt|our team}?", {"agent"}) == [
        "{agnt} is not known; known are {agent}"
    ]
    assert check_variables("How was {agent|{brand}}?", {"agent", "brand"})


@pytest.mark.parametrize("value", ["{brand}", "{brand.__class__}", "{{brand}}", "{0}", "%(brand)s"])
def test_a_value_is_never_read_as_a_text_with_variables(value: str) -> None:
    assert "Acme" not in render("{name}", {"name": value, "brand": "Acme"})


@pytest.mark.parametrize(
    "text", ["{name.__class__}", "{name!r}", "{name:>99999}", "{0}", "{ name }"]
)
def test_only_plain_names_are_variables(text: str) -> None:
    assert render(text, {"name": "Noor"}) == text


def test_a_value_cannot_break_the_line_or_hide_text() -> None:
    assert render("Hi {name}.", {"name": "No\u202eor\nReply\r\n\x00 now\t"}) == "Hi Noor Reply now."


def test_emoji_and_indic_joiners_survive() -> None:
    assert render("{name}", {"name": "👩‍🔧 क्‍ष"}) == "👩‍🔧 क्‍ष"


@given(st.text(), st.text())
def test_no_value_makes_rendering_fail_or_brings_braces(text: str, value: str) -> None:
    assert not {"{", "}"} & set(render("{name}", {"name": value}))
    render(text, {"name": value})


def test_what_people_write_is_kept_without_control_characters() -> None:
    assert plain(" good\x00 work\x1b\nthanks ❤️ \ud800") == "good work\nthanks ❤️"


def test_what_people_write_is_bounded() -> None:
    assert len(plain("x" * 10_000)) == 4_000


def test_unknown_variables_and_stray_braces_are_told() -> None:
    assert check_variables("{name}, {nmae} {nmae} { brand }", ["name", "brand"]) == [
        "{nmae} is not known; known are {brand}, {name}",
        "a brace is left over; a variable is written {name} or {name|our team}",
    ]


def test_a_text_with_known_variables_has_no_problems() -> None:
    assert check_variables("Hi {name}", {"name"}) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments(Encoding.GSM_7, 1, 0)),
        ("a" * 160, Segments(Encoding.GSM_7, 1, 160)),
        ("a" * 161, Segments(Encoding.GSM_7, 2, 161)),
        ("a" * 306, Segments(Encoding.GSM_7, 2, 306)),
        ("a" * 307, Segments(Encoding.GSM_7, 3, 307)),
        ("€" * 80, Segments(Encoding.GSM_7, 1, 160)),
        ("a" * 152 + "€" + "a" * 152, Segments(Encoding.GSM_7, 3, 306)),  # the pair is not split
        ("@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡¿§", Segments(Encoding.GSM_7, 1, 33)),
        ("line\nline\r", Segments(Encoding.GSM_7, 1, 10)),
        ("’" * 70, Segments(Encoding.UCS_2, 1, 70)),
        ("a" * 160 + "’", Segments(Encoding.UCS_2, 3, 161)),
        ("ç", Segments(Encoding.UCS_2, 1, 1)),
        ("`", Segments(Encoding.UCS_2, 1, 1)),
        ("😀" * 35, Segments(Encoding.UCS_2, 1, 70)),
        ("😀" * 66, Segments(Encoding.UCS_2, 2, 132)),  # 33 of them in each, one unit stays unused
        ("😀" * 67, Segments(Encoding.UCS_2, 3, 134)),
        ("नमस्ते", Segments(Encoding.UCS_2, 1, 6)),
    ],
)
def test_segments_are_counted_by_packing(text: str, expected: Segments) -> None:
    assert segments(text) == expected


@given(st.text(max_size=400))
def test_segments_hold_all_units_and_no_more_than_needed(text: str) -> None:
    counted = segments(text)
    joined = 153 if counted.encoding is Encoding.GSM_7 else 67

    assert counted.units <= (counted.count * joined if counted.count > 1 else joined + 7)
    assert counted.units > (counted.count - 1) * (joined - 1) or counted.count == 1


@pytest.mark.parametrize(
    "text",
    [
        "Hi {name}, how was {agent|our team}?",
        "Thank you, {name}!",
        "{name}: how was it?",
        "How was it, {name}?",
        "Dear {name}\nhow was {queue|our service}?",
        "May we ask {name|you} how it was?",
    ],
)
def test_a_text_is_whole_whatever_is_known(text: str) -> None:
    assert holes(text) == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("How was your call with {agent}?", "{agent}"),
        ("You called {queue}, how was it?", "{queue}"),
        ("May we ask {name} how it was?", "{name}"),
        ("Was this {name}?", "{name}"),
    ],
)
def test_what_would_leave_a_hole_is_named(text: str, named: str) -> None:
    (said,) = holes(text)

    assert said.startswith(f"{named} may not be known")


UNSEEN = {
    "a blank": " ",
    "a blank that does not break": "\u00a0",
    "a blank of no width": "\u200b",
    "the filler of Hangul": "\u3164",
    "half of it": "\uffa0",
    "a blank of Braille": "\u2800",
    "a selector": "\ufe0f",
    "a sign without a letter": "\u0301",
    "a stop": ".",
    "marks": "-- ?!",
    "a picture": "👻",
    "much of nothing": " \u200b\u3164\u115f\u1160\u200d" * 16,
}


@pytest.mark.parametrize("what", UNSEEN)
@pytest.mark.parametrize("name", ["agent", "queue", "name", "brand", "link_form"])
def test_other_words_that_nobody_can_read_are_none(name: str, what: str) -> None:
    for text in ("How was {%s|%s}?", "How was it, {%s|%s}? Was {agent|our team} well?"):
        (said,) = holes(text % (name, UNSEEN[what]))

        assert said == f"{{{name}|...}} says nothing instead: a letter or a digit is needed there"


@pytest.mark.parametrize("words", ["w", "7", "हम", "우리", "私たち", "نحن", "ⅷ", "👻 us", "-a-"])
def test_other_words_are_read_in_any_script(words: str) -> None:
    assert holes(f"How was {{agent|{words}}}?") == []


@given(st.text(st.characters(exclude_characters="{}|\n\x00"), min_size=1, max_size=20))
def test_a_text_that_is_taken_is_whole_when_nothing_is_known(words: str) -> None:
    text = f"How was {{agent|{words}}}?"

    if not holes(text):
        read = render(text, {}).removeprefix("How was").removesuffix("?")
        assert says_something(read)


@pytest.mark.parametrize("what", UNSEEN)
@pytest.mark.parametrize("name", ["agent", "queue", "name"])
def test_a_name_that_nobody_can_read_is_not_known(name: str, what: str) -> None:
    """Some sources write a dash for nobody."""
    said = render(f"How was {{{name}|our team}}?", {name: UNSEEN[what]})

    assert said == "How was our team?"
    assert render("{brand}", {"brand": "👻"}) == "👻"
