"""Dashboards: every expression is PromQL, and names metrics and labels that exist."""

import json
import re
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from tests.observability.conftest import Promtool
from tests.observability.written import (
    DASHBOARDS,
    REFERENCE,
    alerts,
    expressions,
    known,
    reference,
    used,
)

dashboards = pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: str(file.stem))
_BY = re.compile(r"\bby \(([^)]*)\)")
_MATCHER = re.compile(r"(\w+)(?:=~|!~|!=|=)\"")
OF_PROMETHEUS = {"job", "instance", "le"}


def labels_in(expression: str) -> set[str]:
    grouped = {name.strip() for names in _BY.findall(expression) for name in names.split(",")}
    return grouped | set(_MATCHER.findall(expression))


def labels_of(metrics: frozenset[str]) -> set[str]:
    rows = [row for file in REFERENCE.glob("*.md") for row in reference(file.stem).values()]
    return OF_PROMETHEUS | {label for row in rows if row.name in metrics for label in row.labels}


def test_there_is_one_for_the_calls_and_one_for_operation() -> None:
    assert [file.stem for file in DASHBOARDS] == ["aftercall-operation", "aftercall-overview"]


@dashboards
def test_every_expression_is_promql(file: Path, tmp_path: Path, checker: Promtool) -> None:
    rules = [
        {"record": f"panel:{index}", "expr": expression}
        for index, (_, expression) in enumerate(expressions(file))
    ]
    written = tmp_path / "rules.yml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

    ended = checker("check", "rules", "--lint=none", str(written))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{len(rules)} rules found" in ended.stdout
    assert len(rules) > 10


@dashboards
def test_every_panel_shows_metrics_that_exist(file: Path) -> None:
    for title, expression in expressions(file):
        metrics = used(expression)
        assert metrics, title
        assert metrics <= known(), title
        assert labels_in(expression) <= labels_of(metrics), title


def test_alerts_name_labels_that_exist() -> None:
    for alert in alerts():
        assert labels_in(alert["expr"]) <= labels_of(used(alert["expr"])), alert["alert"]


def test_every_metric_of_the_asking_way_is_shown_somewhere() -> None:
    shown = {
        name
        for file in DASHBOARDS
        for _, expression in expressions(file)
        for name in used(expression)
    }

    for name in (
        *("decisions_total", "asks_total", "responses_total", "sends_unknown"),
        *("event_to_send_seconds", "inbox_age_seconds", "outbox_age_seconds", "lag_records"),
        *("send_post_seconds", "send_outcomes_total", "decision_batch_seconds"),
    ):
        assert f"aftercall_{name}" in shown


@dashboards
def test_panels_have_ids_and_places_of_their_own(file: Path) -> None:
    panels = json.loads(file.read_text())["panels"]
    places = [panel["gridPos"] for panel in panels]

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
    assert all(panel["description"] for panel in panels)
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in panels)
