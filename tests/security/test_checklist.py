"""docs/security.md: fifty points, and every test that it names is there."""

import re

import pytest

from tests.contracts.written import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|\n").split(" |")]
    for line in (ROOT / "docs" / "security.md").read_text().splitlines()
    if re.match(r"\| \d", line)
]
LEAST = 40


@pytest.mark.parametrize("row", ROWS, ids=[row[0].strip("| ") for row in ROWS])
def test_a_point_says_how_it_stands_and_its_tests_are_there(row: list[str]) -> None:
    _, point, state, tests = row
    assert point
    word, _, why = state.partition(":")
    assert word in ("pass", "partly", "not")
    assert bool(why.strip()) is (word != "pass")
    assert bool(tests) or word == "not"
    for test in filter(None, (one.strip() for one in tests.split(","))):
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text()
        assert re.search(rf"^(async )?def {name or 'test_'}\w*\(", text, re.MULTILINE), test
        assert not name or re.search(rf"\b{name}\(", text), test


def test_there_are_fifty_and_most_pass() -> None:
    assert [int(row[0].strip("| ")) for row in ROWS] == list(range(1, 51))
    assert sum(row[2] == "pass" for row in ROWS) >= LEAST
