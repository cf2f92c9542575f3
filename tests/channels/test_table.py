"""docs/reliability.md: every case has its number, and every test that it names is there."""

import re

import pytest

from tests.contracts.written import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|\n").split(" |")]
    for line in (ROOT / "docs" / "reliability.md").read_text().splitlines()
    if re.match(r"\| \d", line)
]


@pytest.mark.parametrize("row", ROWS, ids=[row[0].strip("| ") for row in ROWS])
def test_the_tests_of_a_case_are_there(row: list[str]) -> None:
    _, case, outcome, *by_channel = row
    assert case
    assert outcome
    for tests in by_channel:
        for test in tests.split(", "):
            file, _, name = test.partition("::")
            assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.M), test


def test_no_case_is_left_out() -> None:
    assert [int(row[0].strip("| ")) for row in ROWS] == list(range(5, 23))
