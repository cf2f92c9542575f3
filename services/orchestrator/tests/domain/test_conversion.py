"""Numbers that are asked and do not answer, while others do."""

from dataclasses import replace

import pytest

from orchestrator.domain.conversion import Reached, unanswered


def reached(numbers: str, asks: int, answers: int, country: str = "US") -> Reached:
    return Reached(workspace="acme", numbers=numbers, country=country, asks=asks, answers=answers)


OTHERS = [reached(f"+121{n}5", 100, 20) for n in range(5)]


@pytest.mark.parametrize(
    ("one", "stands_out"),
    [
        (reached("+13125", 100, 0), True),
        (reached("+13125", 100, 4), True),
        (reached("+13125", 100, 6), False),  # fewer, and not that much fewer
        (reached("+13125", 100, 20), False),
        (reached("+13125", 49, 0), False),  # too few to say anything
        (reached("+13125", 10_000, 400), True),
    ],
)
def test_numbers_stand_out_by_answering_far_less_than_others(
    one: Reached, stands_out: bool
) -> None:
    found = [each.numbers for each in unanswered([*OTHERS, one])]

    assert found == (["+13125"] if stands_out else [])


def test_a_country_stands_out_though_none_of_its_beginnings_has_enough_asks() -> None:
    abroad = [reached(f"+4479{n}", 10, 0, country="GB") for n in range(20)]

    assert [one.numbers for one in unanswered([*OTHERS, *abroad])] == ["GB"]


def test_few_answers_are_no_news_where_nobody_answers_much() -> None:
    rare = [replace(one, answers=1) for one in OTHERS]

    assert unanswered([*rare, reached("+13125", 100, 0)]) == []


def test_a_workspace_with_one_kind_of_numbers_is_told_when_nobody_at_all_answers() -> None:
    assert [one.numbers for one in unanswered([reached("+13125", 200, 0)])] == ["+13125", "US"]
    assert unanswered([reached("+13125", 200, 1)]) == []
    assert unanswered([reached("+13125", 199, 0)]) == []


def test_all_answers_of_the_others_are_no_trouble() -> None:
    everybody = [replace(one, answers=100) for one in OTHERS]

    assert [one.numbers for one in unanswered([*everybody, reached("+13125", 100, 9)])] == [
        "+13125"
    ]
