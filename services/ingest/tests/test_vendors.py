"""Recorded requests of every vendor, and the interactions they mean."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from common.config import Source, WorkspaceConfig
from common.config.documents import parse_document
from common.errors import BadInput
from ingest.domain.vendor import Inbound
from ingest.service.reading import ConfiguredSource, IntakeReport, read_report
from ingest.vendors import VENDORS, validate_source

NOW = datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
PEPPER = b"pepper of the tests"
CASES = sorted((Path(__file__).parent / "vendors").glob("*/*.json"))
RECORDED = [json.loads(case.read_text()) for case in CASES]
NAMES = [f"{case.parent.name}-{case.stem}" for case in CASES]
SIGNED = [
    pytest.param(case, id=name)
    for name, case in zip(NAMES, RECORDED, strict=True)
    if "tampered" in case
]


def source_of(case: dict[str, Any]) -> Source:
    source: Source = parse_document("source", case["source"])
    return source


def inbound_of(case: dict[str, Any], body: str | None = None) -> Inbound:
    return Inbound((body or case["body"]).encode(), case["headers"])


def take(
    case: dict[str, Any], workspace: WorkspaceConfig, body: str | None = None
) -> IntakeReport | None:
    configured = ConfiguredSource(workspace, source_of(case))
    return read_report(inbound_of(case, body), configured, pepper=PEPPER, now=NOW)


def lean(taken: IntakeReport) -> Any:
    """As JSON, without what is at its default."""
    revision = taken.report.revision
    return {"interaction": json.loads(msgspec.json.encode(taken.report.interaction))} | (
        {} if revision is None else {"revision": revision}
    )


@pytest.mark.parametrize("case", RECORDED, ids=NAMES)
def test_a_recorded_request_means_this_interaction(
    case: dict[str, Any], workspace: WorkspaceConfig
) -> None:
    taken = take(case, workspace)

    assert (taken and lean(taken)) == case["expected"]


@pytest.mark.parametrize("case", SIGNED)
def test_a_changed_byte_or_another_secret_is_refused(case: dict[str, Any]) -> None:
    verify = VENDORS[case["source"]["vendor"]].verify
    assert verify is not None
    secret = case["signing_secret"]

    assert verify(inbound_of(case), secret, NOW)
    assert not verify(inbound_of(case), f"{secret}.", NOW)
    assert not verify(inbound_of(case), secret[:-1], NOW)
    assert not verify(inbound_of(case, case["tampered"]), secret, NOW)


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_every_vendor_has_recorded_requests(vendor: str) -> None:
    assert any(case["source"]["vendor"] == vendor for case in RECORDED)


CONNECTED = {
    vendor: json.loads((Path(__file__).parent / "vendors" / vendor / file).read_text())
    for vendor, file in [
        ("aircall", "connected.json"),
        ("freeswitch", "connected.json"),
        ("myoperator", "connected.json"),
        ("mapped-json", "mapped.json"),
    ]
}


@pytest.mark.parametrize(
    ("vendor", "found", "instead", "field"),
    [
        ("aircall", '"id":812345,', "", "data.id"),
        ("aircall", '"ended_at":1767608060', '"ended_at":null', "data.ended_at"),
        ("aircall", '"ended_at":1767608060', '"ended_at":"soon"', "data.ended_at"),
        ("aircall", '"ended_at":1767608060', '"ended_at":1e300', "data.ended_at"),
        ("aircall", '"ended_at":1767608060', '"ended_at":2767608060', "call.ended_at"),
        ("aircall", '"ended_at":1767608060', '"ended_at":17', "call.ended_at"),
        ("aircall", '"tags":[', '"tags":["refund",', "data.tags[0]"),
        ("aircall", '"name":"Asha R"', '"name":["Asha"]', "data.user.name"),
        ("aircall", "Asha R", "As\\u0000ha", "call.legs.0.agent_name"),
        ("aircall", '"number":{"id":77', '"number":77,"x":{"id":77', "data.number"),
        ("freeswitch", '"end_epoch":"1767608060"', '"end_epoch":"0"', "variables.end_epoch"),
        ("freeswitch", '"variables":{', '"variables":[],"x":{', "variables"),
        ("freeswitch", '"callflow":[', '"callflow":"none","x":[', "callflow"),
        ("myoperator", '"_dr":"00:03:49"', '"_dr":"long"', "_ld[0]._dr"),
        ("myoperator", '"_ai":"5f00000000000001"', '"_ai":""', "_ai"),
        ("mapped-json", '"uuid":"3cx-9"', '"uuid":null', "call.uuid"),
        ("mapped-json", "2026-01-05 05:14:20", "yesterday", "call.end"),
        ("mapped-json", '"talk":"0:03:49"', '"talk":"9999999999:00:00"', "call.talk"),
        ("mapped-json", '"wait_ms":"9000"', '"wait_ms":"-9000"', "call.wait_seconds"),
    ],
)
def test_what_cannot_be_understood_is_named(
    workspace: WorkspaceConfig, vendor: str, found: str, instead: str, field: str
) -> None:
    case = CONNECTED[vendor]
    assert found in case["body"]
    body = case["body"].replace(found, instead)
    if vendor == "myoperator":
        body = body.replace('"_st":1767607831', '"_st":null')  # or the leg's times would be used

    with pytest.raises(BadInput) as refused:
        take(case, workspace, body)

    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ({"id": "a", "ending": "b", "address": "c"}, "mapping.ended_at"),
        ({"id": "a", "ending": "b", "ended_at": "c"}, "mapping.address"),
        ({"adress": "d"}, "mapping.adress"),
        ({"queue": {"path": "a", "value": "b"}}, "mapping.queue"),
        ({"queue": {}}, "mapping.queue"),
        ({"queue": {"path": "a..b"}}, "mapping.queue.path"),
        ({"queue": {"path": "a[x]"}}, "mapping.queue.path"),
        ({"queue": {"pfad": "a"}}, "mapping.queue.pfad"),
        ({"started_at": {"value": "now"}}, "mapping.started_at.value"),
        ({"started_at": {"path": "a", "time": "unix"}}, "mapping.started_at.time"),
        ({"talk_seconds": {"path": "a", "unit": "minutes"}}, "mapping.talk_seconds.unit"),
        ({"direction": {"path": "a", "words": {"IN": "inwards"}}}, "mapping.direction"),
        ({"kind": {"value": "letter"}}, "mapping.kind"),
    ],
)
def test_a_mapping_that_cannot_work_is_named(mapping: dict[str, Any], field: str) -> None:
    whole = {"id": "id", "ending": "how", "ended_at": "end", "address": "who"}
    if not {"id", "adress"} & mapping.keys():
        mapping = whole | mapping
    source = parse_document("source", {"id": "s", "vendor": "mapped-json", "mapping": mapping})

    assert field in [error.field for error in validate_source(source)]


def test_a_source_of_no_known_vendor_is_named() -> None:
    source = parse_document("source", {"id": "s", "vendor": "pigeon"})

    assert [error.field for error in validate_source(source)] == ["vendor"]


@pytest.mark.parametrize("case", RECORDED, ids=NAMES)
def test_the_recorded_sources_are_valid(case: dict[str, Any]) -> None:
    assert validate_source(source_of(case)) == []
