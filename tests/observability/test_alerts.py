"""Alert rules: they fire and stay silent as told, name what exists, and lead to a page."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from common.testing.promtool import promtool
from deploy import table
from tests.observability.conftest import Promtool
from tests.observability.written import ROOT, RULE_TESTS, RULES, alerts, headings, known, used

TESTS = sorted(RULE_TESTS.glob("*.yml"))


def test_every_rule_is_valid(checker: Promtool) -> None:
    ended = checker("check", "rules", *map(str, RULES))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("SUCCESS") == len(RULES) > 0


def test_alerts_fire_and_stay_silent(checker: Promtool) -> None:
    ended = checker("test", "rules", *map(str, TESTS))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("SUCCESS") == len(TESTS) == len(RULES)


def test_each_alert_is_seen_to_fire_and_to_stay_silent() -> None:
    seen: dict[str, set[bool]] = defaultdict(set)
    for file in TESTS:
        for case in yaml.safe_load(file.read_text())["tests"]:
            for look in case["alert_rule_test"]:
                seen[look["alertname"]].add(bool(look["exp_alerts"]))

    assert seen == {alert["alert"]: {True, False} for alert in alerts()}


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_an_alert_names_metrics_that_exist_and_a_page_of_the_runbook(
    alert: dict[str, Any],
) -> None:
    page, _, heading = alert["annotations"]["runbook_url"].partition("#")

    assert used(alert["expr"]) <= known()
    assert heading == alert["alert"].lower()
    assert heading in headings(ROOT / page)
    assert alert["labels"]["severity"] in ("critical", "warning")


def test_every_service_is_watched() -> None:
    down = next(alert for alert in alerts() if alert["alert"] == "AftercallServiceDown")
    jobs = re.search(r'job=~"([^"]+)"', down["expr"])

    assert jobs
    assert [one.name for one in table.SERVICES if not re.fullmatch(jobs[1], one.name)] == []


def test_without_any_way_to_promtool_the_run_fails_and_says_what_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(RuntimeError, match="put promtool on the PATH") as failed:
        promtool(tmp_path)
    assert "apt-get download" in str(failed.value)
    assert "go get" in str(failed.value)
