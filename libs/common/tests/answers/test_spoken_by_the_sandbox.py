"""The sandbox's people are the oracle of many journeys: what they say is read as they mean it."""

import pytest

from common.answers import read_rating
from sandbox.personas import REMARKS

SAID = [remark for remarks in REMARKS.values() for remark in remarks]


@pytest.mark.parametrize("remark", SAID)
@pytest.mark.parametrize("score", [1, 2, 4, 5])
def test_a_score_before_a_remark_is_that_score(score: int, remark: str) -> None:
    rating = read_rating(f"{score} {remark}", low=1, high=5, language="en")

    assert rating is not None
    assert rating.value == score
