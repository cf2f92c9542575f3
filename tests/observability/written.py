"""The files of deploy/ and docs/ as tests read them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
RULES = sorted((ROOT / "deploy/prometheus/rules").glob("*.yml"))
RULE_TESTS = ROOT / "deploy/prometheus/tests"
DASHBOARDS = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
REFERENCE = ROOT / "docs/metrics"

_ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_NAME = re.compile(r"\b(?:aftercall|process|python)_\w+|\bup\b")
_SUFFIX = re.compile(r"_(bucket|count|sum)$")


@dataclass(frozen=True, slots=True)
class Described:
    """A metric as the reference has it."""

    name: str
    kind: str
    labels: frozenset[str]
    meaning: str
    worry: str


def alerts() -> list[Mapping[str, Any]]:
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def reference(name: str) -> dict[str, Described]:
    """The rows of `docs/metrics/<name>.md`."""
    text = (REFERENCE / f"{name}.md").read_text()
    rows = [
        Described(row[1], row[2], frozenset(re.findall(r"`(\w+)`", row[3])), row[4], row[5])
        for row in _ROW.finditer(text)
    ]
    return {row.name: row for row in rows}


def known() -> frozenset[str]:
    """All metrics that there are, of every service."""
    every = {name for file in REFERENCE.glob("*.md") for name in reference(file.stem)}
    return frozenset(every | {"up", "process_start_time_seconds", "process_resident_memory_bytes"})


def used(expression: str) -> frozenset[str]:
    """The metrics that an expression names, histograms by their own name."""
    without_words = re.sub(r'"[^"]*"', "", expression)
    found = {name for name in _NAME.findall(without_words)}
    return frozenset(_SUFFIX.sub("", name) for name in found)


def headings(file: Path) -> frozenset[str]:
    """As they are linked to."""
    found = _HEADING.findall(file.read_text())
    return frozenset(re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in found)


def expressions(dashboard: Path) -> Iterator[tuple[str, str]]:
    """(panel's title, PromQL) of a dashboard, as Grafana would send it."""
    for panel in json.loads(dashboard.read_text())["panels"]:
        for target in panel["targets"]:
            filled = target["expr"].replace("$__rate_interval", "5m").replace("$__range", "24h")
            yield panel["title"], filled
