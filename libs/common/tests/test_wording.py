"""What is wrong with a value is said in words, whatever the library or the rule calls it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.config.documents import parse_document
from common.errors import BadInput
from common.wording import said

CONTRACTS = Path(__file__).parents[3] / "contracts"
# These have validators of their own, which say how a duration and hours are written.
OWN = (r"\s*[smhd]$", "[0-5][0-9]-")


def _patterns(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for value in node.values():
            yield from _patterns(value)
    elif isinstance(node, list):
        for value in node:
            yield from _patterns(value)


PATTERNS = sorted(
    {
        pattern
        for file in CONTRACTS.rglob("*.json")
        for pattern in _patterns(json.loads(file.read_text("utf-8")))
        if not any(own in pattern for own in OWN)
    }
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_nobody_is_shown_a_regular_expression(pattern: str) -> None:
    told = said({"type": "string_pattern_mismatch", "ctx": {"pattern": pattern}, "msg": ""})

    assert "must look like" not in told
    assert not re.search(r"[\\^]|\[\w-]+\]", told)


def test_there_are_patterns() -> None:
    assert len(PATTERNS) > 10


def test_one_is_one() -> None:
    assert said({"type": "string_too_short", "ctx": {"min_length": 1}}) == (
        "at least 1 character is needed"
    )
    assert said({"type": "too_short", "ctx": {"min_length": 2}}) == "at least 2 are needed"


def test_a_list_whose_only_one_is_wrong_is_not_said_to_be_empty_too() -> None:
    survey = {"id": "s", "metric": "csat", "questions": [{"id": "q", "kind": "rating"}]}
    with pytest.raises(BadInput) as wrong:
        parse_document("survey", survey)
    with pytest.raises(BadInput) as empty:
        parse_document("survey", survey | {"questions": []})

    assert "questions" not in {one.field for one in wrong.value.errors}
    assert {one.field for one in empty.value.errors} == {"questions"}
