"""Texts to India: which registered template a text is, as the operators find it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config.dlt import Dlt, DltTemplate, is_filled, wrong_variables

ASK = "Acme: how was your call with {#var#}, 1 to 5? Reply STOP to opt out."
VALUE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30)


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


def test_no_template_makes_a_text_take_long() -> None:
    began = time.process_time()

    assert not is_filled("{#var#} " * 40 + "!", " " * 2_000)

    assert time.process_time() - began < 1


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
