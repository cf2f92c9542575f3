"""Each recipe of docs/mapping.md does what the page says it does."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.config import WorkspaceConfig
from common.config.documents import parse_document
from common.errors import BadInput
from common.events import decode
from common.events.calls import Interaction
from ingest.domain.interaction import message
from ingest.domain.vendor import Inbound, NoEnd
from ingest.service.reading import ConfiguredSource, IntakeReport, read_report
from ingest.vendors import validate_source
from ingest.vendors.mapped_json import explained

NOW = datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
PAGE = (Path(__file__).parents[3] / "docs" / "mapping.md").read_text()
RECIPES = {
    section.partition("\n")[0]: re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL)
    for section in PAGE.partition("# Recipes\n")[2].split("\n## ")[1:]
}
VENDORS = [
    "Twilio Voice",
    "Plivo",
    "Exotel",
    "Exotel Passthru",
    "Zoom Phone",
    "Genesys Cloud",
    "RingCentral",
    "Vonage",
    "Telnyx",
    "Dialpad",
    "3CX",
    "Zendesk",
    "Freshdesk",
    "Chatwoot",
]
HEADERS = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


def parts_of(recipe: str) -> tuple[Any, Inbound, dict[str, Any]]:
    """Source, request, and what it becomes."""
    blocks = RECIPES[recipe]
    source, expected = [yaml.safe_load(text) for kind, text in blocks if kind == "yaml"]
    said = {kind: text.strip() for kind, text in blocks}
    kind = next((kind for kind in HEADERS if kind in said), "")
    inbound = Inbound(
        said.get(kind, "").encode(),
        {"content-type": HEADERS[kind]} if kind else {},
        dict(parse_qsl(said.get("query", ""))),
        NOW,
    )
    return parse_document("source", source), inbound, expected


def read(inbound: Inbound, source: Any, workspace: WorkspaceConfig) -> IntakeReport | NoEnd:
    configured = ConfiguredSource(workspace, source)
    return read_report(inbound, configured, pepper=b"of the tests", now=NOW)


def test_there_is_a_recipe_for_each_vendor() -> None:
    assert list(RECIPES) == VENDORS


@pytest.mark.parametrize("recipe", VENDORS)
def test_a_recipe_reads_what_its_vendor_sends(recipe: str, workspace: WorkspaceConfig) -> None:
    source, inbound, expected = parts_of(recipe)

    assert validate_source(source) == []
    taken = read(inbound, source, workspace)
    assert isinstance(taken, IntakeReport), taken
    found = msgspec.to_builtins(taken.report.interaction, builtin_types=(datetime,))
    known = {name: list(v) if isinstance(v, tuple) else v for name, v in found.items()}
    assert {name: known[name] for name in expected} == expected


@pytest.mark.parametrize("recipe", VENDORS)
def test_every_step_of_a_recipe_is_explained(recipe: str) -> None:
    source, inbound, _ = parts_of(recipe)

    steps = list(explained(inbound, source))

    assert {step.field for step in steps} == source.mapping.keys()
    assert [step for step in steps if step.wrong and step.field != "when"] == []


@pytest.mark.parametrize("recipe", VENDORS)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_body_with_odd_bytes_is_taken_ignored_or_refused_by_name(
    recipe: str, workspace: WorkspaceConfig, data: st.DataObject
) -> None:
    source, inbound, _ = parts_of(recipe)
    raw = bytearray(inbound.body)
    at = data.draw(st.integers(min_value=0, max_value=len(raw)))
    raw[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))

    with suppress(BadInput):
        list(explained(replace(inbound, body=bytes(raw)), source))
        taken = read(replace(inbound, body=bytes(raw)), source, workspace)
        if isinstance(taken, IntakeReport):
            assert decode(message(taken.report).value, Interaction).data.call_id
