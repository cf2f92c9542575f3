"""Conditions of flows: held to what they can mean when written, out of use alone when newer."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.config.conditions import DEEPEST, MOST_TESTS
from common.config.documents import parse_document, read_document
from common.config.reader import assemble
from common.errors import BadInput

FITS = {"field": "queue", "is": "billing"}


def flow(**when: Any) -> dict[str, Any]:
    return {"id": "one", "survey": "csat", "when": when}


def deep(levels: int) -> dict[str, Any]:
    return FITS if levels == 1 else {"any": [deep(levels - 1)]}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no such field": ({"field": "mood", "is": "x"}, "when.all.0.field"),
    "an attribute without a name": ({"field": "attributes.", "is": "x"}, "when.all.0.field"),
    "no such operator": ({"field": "queue", "like": "x"}, "when.all.0.like"),
    "nothing said": ({"field": "queue"}, "when.all.0"),
    "an operator of numbers": ({"field": "queue", "at_least": 3}, "when.all.0.at_least"),
    "an operator of text": ({"field": "transfers", "contains": "3"}, "when.all.0.contains"),
    "no number": ({"field": "transfers", "is": "3"}, "when.all.0.is"),
    "a flag for a number": ({"field": "transfers", "at_least": True}, "when.all.0.at_least"),
    "no text": ({"field": "queue", "is": 3}, "when.all.0.is"),
    "no such word": ({"field": "ending", "one_of": ["connected", "gone"]}, "when.all.0.one_of.1"),
    "a number that cannot be": ({"field": "number", "is": "555 01"}, "when.all.0.is"),
    "no country": ({"field": "country", "is": "usa"}, "when.all.0.is"),
    "no zone": ({"field": "hour", "is": 9, "zone": "Mars/Base"}, "when.all.0.zone"),
    "a zone for a queue": ({**FITS, "zone": "UTC"}, "when.all.0.zone"),
    "a test and a group": ({**FITS, "any": [FITS]}, "when.all.0"),
    "two groups": ({"all": [FITS], "any": [FITS]}, "when.all.0"),
    "a group that is empty": ({"any": []}, "when.all.0.any"),
    "a group with an operator": ({"any": [FITS], "is": "x"}, "when.all.0"),
    "too deep": (deep(DEEPEST + 1), "when.all.0.any.0.any.0.any.0.any.0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_condition_that_cannot_be_meant_is_refused_at_its_place(case: str) -> None:
    condition, place = WRONG[case]

    with pytest.raises(BadInput) as wrong:
        parse_document("flow", flow(all=[condition]))

    assert place in [error.field for error in wrong.value.errors]


def test_conditions_have_a_most() -> None:
    parse_document("flow", flow(all=[FITS] * MOST_TESTS))

    with pytest.raises(BadInput, match="at most 200"):
        parse_document("flow", flow(all=[{"any": [FITS] * 150}, {"none": [FITS] * 100}]))


def test_however_deep_a_document_is_it_is_only_refused() -> None:
    condition: dict[str, Any] = FITS
    for _ in range(5_000):
        condition = {"all": [condition]}

    with pytest.raises(BadInput):
        parse_document("flow", flow(any=[condition]))


def test_a_group_as_deep_as_may_be_is_taken() -> None:
    assert parse_document("flow", flow(all=[deep(DEEPEST)])).when.all is not None


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "queue", "sounds_like": "billing"},
        {"field": "mood_of_the_line", "is": "bad"},
        {"field": "kind", "is": "fax"},
        {"some": [FITS]},
    ],
)
def test_what_this_version_does_not_know_takes_that_flow_out_of_use_alone(condition: Any) -> None:
    with pytest.raises(BadInput):
        read_document("flow", flow(none=[condition]))

    rows = [
        {"workspace": "acme", "kind": kind, "id": body["id"], "version": 1, "body": body}
        | {"enabled_since": None}
        for kind, body in (
            ("workspace", {"id": "acme", "name": "Acme"}),
            ("flow", flow(none=[condition])),
            ("flow", {**flow(none=[FITS]), "id": "two"}),
        )
    ]
    acme = assemble(1, rows).workspaces["acme"]
    assert list(acme.flows) == ["two"]
    assert list(acme.unreadable) == [("flow", "one")]


PAGE = (Path(__file__).parents[3] / "docs" / "who-is-asked.md").read_text()


@pytest.mark.parametrize("written", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_what_the_page_shows_can_be_written(written: str) -> None:
    parse_document("flow", {"id": "one", "survey": "csat", **yaml.safe_load(written)})


@pytest.mark.parametrize("written", re.findall(r"```workspace\n(.*?)```", PAGE, re.DOTALL))
def test_so_can_what_it_shows_of_a_workspace(written: str) -> None:
    parse_document("workspace", {"id": "acme", "name": "Acme", **yaml.safe_load(written)})
