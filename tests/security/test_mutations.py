"""scripts/mutations fits the code as it is now; whether tests notice, `make mutations`."""

import re

import pytest

from scripts.mutations.__main__ import ROOT, mutated
from scripts.mutations.mutation import Mutation
from scripts.mutations.table import MUTATIONS


@pytest.mark.parametrize("one", MUTATIONS, ids=lambda one: str(one.promise))
def test_a_mutation_fits_the_code(one: Mutation) -> None:
    text = (ROOT / one.file).read_text()

    compile(mutated(text, one), one.file, "exec")


@pytest.mark.parametrize("one", MUTATIONS, ids=lambda one: str(one.promise))
def test_the_tests_that_must_notice_are_there(one: Mutation) -> None:
    for test in one.tests:
        file, _, name = test.partition("::")
        text = (ROOT / file).read_text()
        assert re.search(rf"^(async )?def {name or 'test_'}", text, re.MULTILINE), test


def test_a_line_that_is_there_twice_is_no_mutation() -> None:
    twice = Mutation(promise="", file="", line="a", becomes="b", tests=[])

    with pytest.raises(ValueError, match="2 times"):
        mutated("a = a", twice)
