"""Texts to India: which registered template a text is, as the operators find it."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.config.dlt import Dlt, DltTemplate, wrong_variables
from common.config.registered import MOST_STEPS, TAGS, VARIABLE, Form, Reading

ASK = "Acme: how was your call with {#var#}, 1 to 5? Reply STOP to opt out."
PIECES = st.sampled_from(
    ["{#var#}", "{#numeric#}", "{#cbn#}", "{#url#}", "{#no#}", "a", "ab", "1", " "]
)
VALUE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30)


def is_filled(template: str, text: str) -> bool:
    return Reading(text).fills(Form.of(template))


def is_filled_by_definition(template: str, text: str) -> bool:
    """Every way of reading the text, place by place, however long that takes."""
    places, at = {0}, 0
    for match in VARIABLE.finditer(template):
        if match[1] not in TAGS:
            continue
        places = set(_after(places, template[at : match.start()], text))
        places = {end for start in places for end in _values(match[1], text, start)}
        at = match.end()
    return len(text) in set(_after(places, template[at:], text))


def _after(places: set[int], words: str, text: str) -> Iterator[int]:
    return (at + len(words) for at in places if text.startswith(words, at))


def _values(tag: str, text: str, start: int) -> Iterator[int]:
    longest, characters = TAGS[tag]
    for end in range(start, min(len(text), start + longest)):
        if not characters.match(text[end]):
            return
        yield end + 1


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Thank you.", "Thank you."),
        (ASK, "Acme: how was your call with Asha, 1 to 5? Reply STOP to opt out."),
        ("{#var#}{#var#} thanks you", f"{'m' * 60} thanks you"),
        ("Now {#numeric#} of {#number#}", "Now 4 of 5"),
        ("See {#url#}", "See https://surveys.example.com/l/sms/abcdefghijklmnop"),
        ("Call {#cbn#}", "Call +91 98765 43210"),
        ("नमस्ते {#alphanumeric#}", "नमस्ते नूर जहाँ"),
        ("Mail {#email#} or {#unknown#}", "Mail a@example.com or {#unknown#}"),
    ],
)
def test_a_text_is_the_template_with_a_value_for_each_variable(template: str, text: str) -> None:
    assert is_filled(template, text)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Thank you.", "Thank you. "),
        ("Thank you.", "thank you."),
        ("Thank you {#var#}.", "Thank you ."),
        ("Thank you {#var#}.", f"Thank you {'m' * 31}."),
        ("Thank you {#var#}.", "Thank you Noor\nJahan."),
        ("You gave {#numeric#}", "You gave five"),
        ("Thank you {#alphanumeric#}", "Thank you <Noor>"),
        ("See {#url#} soon", "See https://a.example now soon"),
        ("See {#var#}", "See https://surveys.example.com/l/sms/abcdefghijklmnop"),
    ],
)
def test_a_letter_more_or_a_value_of_another_kind_is_another_text(template: str, text: str) -> None:
    assert not is_filled(template, text)


@given(VALUE, VALUE)
def test_values_of_thirty_characters_always_fit(one: str, two: str) -> None:
    assert is_filled("{#var#} of {#var#} asks", f"{one} of {two} asks")


@given(st.lists(PIECES, max_size=8), st.text("ab1 \n", max_size=140), st.integers(0, 130))
@example(["{#var#}", "ab", "{#url#}"], "ab", 130)
def test_a_text_is_read_in_every_way_that_there_is(
    pieces: list[str], text: str, padding: int
) -> None:
    template = "".join(pieces)
    padded = text + "a" * padding

    for one in (text, padded, f"{padded}ab", VARIABLE.sub("1", template), template):
        assert is_filled(template, one) == is_filled_by_definition(template, one)


SLOW = {
    "variables in a row": ("{#var#}" * 39, "Evil " + "lorem ipsum dolor sit amet " * 16),
    "variables in turn": ("{#var#}{#numeric#}" * 20, "1" * 1_000),
    "a letter between": ("{#var#}a" * 40, "a" * 1_000),
    "addresses": ("{#url#}a" * 40, "a" * 4_000),
    "words between": (("{#url#}" + "a" * 485) * 4, "a" * 2_000),
    "no letter twice": ("{#url#}" * 40, "".join(map(chr, range(0x4E00, 0x4E00 + 4_000)))),
}


@pytest.mark.parametrize("name", SLOW)
def test_no_templates_make_a_text_take_long(name: str) -> None:
    """Hundreds of them, of which none is the text; it was a minute."""
    template, text = SLOW[name]
    slow = [f"{template}{{#numeric#}}{place % 10}" for place in range(500)]
    dlt = registered(*slow)
    dlt.template_of("so that they are prepared", "ACMEIN")
    began = time.process_time()

    assert dlt.template_of(f"{text}1x", "ACMEIN") is None
    assert dlt.template_of(f"{text}x1", "ACMEIN") is None

    assert time.process_time() - began < 0.2


def test_a_text_takes_so_many_steps_and_no_more() -> None:
    template, text = SLOW["words between"]
    reading = Reading(text)
    dlt = registered(*[f"{template}{{#numeric#}}"] * 500)

    dlt.registered.template_of(reading, "ACMEIN")

    assert MOST_STEPS < reading.steps < 1.1 * MOST_STEPS


def test_among_hundreds_of_templates_a_text_meets_those_that_begin_as_it_does() -> None:
    dlt = registered(*(f"Number {place} asks you: {{#var#}}?" for place in range(500)))
    reading = Reading("Number 499 asks you: how was it?")

    found = dlt.registered.template_of(reading, "ACMEIN")

    assert found == dlt.templates[499]
    assert reading.steps < 50


def test_of_two_templates_it_is_the_first() -> None:
    dlt = registered("{#var#}", "Thank you{#var#}", "Thank you.")

    found = [dlt.template_of(text, "ACMEIN") for text in ("Thank you.", "Thank you" + "." * 30)]

    assert found == [dlt.templates[0], dlt.templates[1]]


def registered(*texts: str) -> Dlt:
    templates = (
        DltTemplate(id=str(10**12 + place), header="ACMEIN", text=text)
        for place, text in enumerate(texts)
    )
    return Dlt(entity="1701160000000000001", templates=tuple(templates))


def test_a_template_is_of_its_header_alone() -> None:
    asked = DltTemplate(id="1707160000000000001", header="ACMEIN", text="Thank you.")
    dlt = Dlt(entity="1701160000000000001", templates=(asked,))

    assert dlt.template_of("Thank you.", "ACMEIN") == asked
    assert dlt.template_of("Thank you.", "OTHERS") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi {#name#}", "{#name#} is no variable of DLT"),
        ("Hi {#var}", "a brace is left over"),
        ("{#var#}" * 41, "more than 40"),
    ],
)
def test_variables_that_there_are_not_are_named(text: str, said: str) -> None:
    (wrong,) = wrong_variables(text)

    assert said in wrong
