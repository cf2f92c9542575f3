"""Recorded requests of every vendor, and the interactions they mean."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

import msgspec
import pytest

from common.config import Source, WorkspaceConfig
from common.config.documents import parse_document
from common.errors import BadInput
from ingest.domain.body import Malformed, tolerantly_decoded
from ingest.domain.vendor import Inbound, NoEnd
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
) -> IntakeReport | NoEnd:
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

    assert (None if isinstance(taken, NoEnd) else lean(taken)) == case["expected"]


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
        ("freeswitch", '"end_epoch":"1767608060"', '"end_epoch":"0"', "variables.end_epoch"),
        ("freeswitch", '"variables":{', '"variables":[],"x":{', "variables.end_epoch"),
        ("myoperator", '"_ai":"5f00000000000001"', '"_ai":""', "_ai"),
        ("mapped-json", '"uuid":"3cx-9"', '"uuid":null', "call.uuid"),
        ("mapped-json", "2026-01-05 05:14:20", "yesterday", "call.end"),
    ],
)
def test_what_cannot_be_understood_is_named(
    workspace: WorkspaceConfig, vendor: str, found: str, instead: str, field: str
) -> None:
    case = CONNECTED[vendor]
    assert found in case["body"]
    body = case["body"].replace(found, instead)
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
        ({"talk_seconds": {"path": "a", "unit": "hours"}}, "mapping.talk_seconds.unit"),
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


@pytest.mark.parametrize(
    ("vendor", "body", "field"),
    [
        ("myoperator", {"_ai": "a1", "_et": "soon"}, "_et"),
        ("myoperator", {"_ai": "a1", "_et": {"epoch": 1767608060}}, "_et"),
        (
            "myoperator",
            {"data": {"call_id": "1", "duration_sec": "n/a"}, "type": "call.initiated"},
            "data.duration_sec",
        ),
        ("aircall", {"event": "call.tagged", "data": {"ended_at": "soon"}}, "data.ended_at"),
    ],
)
def test_an_end_that_cannot_be_read_is_no_call_that_goes_on(
    workspace: WorkspaceConfig, vendor: str, body: dict[str, Any], field: str
) -> None:
    source = source_of(CONNECTED[vendor])

    with pytest.raises(BadInput) as refused:
        read_report(
            Inbound(json.dumps(body).encode()),
            ConfiguredSource(workspace, source),
            pepper=PEPPER,
            now=NOW,
        )

    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize(
    "text", ['{"a":"' + '\\"' * 20_000, '{"a":"' + '\\"' * 20_000 + "nan" * 5_000, '"\\' * 20_000]
)
def test_a_text_that_is_never_closed_is_refused_in_linear_time(text: str) -> None:
    began = process_time()

    with pytest.raises(Malformed):
        tolerantly_decoded(text)

    assert process_time() - began < 2  # it was 14 s of quadratic work


ODD_FACTS = [
    ("aircall", '"tags":[', '"tags":["refund",'),
    ("aircall", '"name":"Asha R"', '"name":["Asha"]'),
    ("aircall", "Asha R", "As\\u0000ha"),
    ("aircall", "Asha R", "As\\ud83dha"),
    ("aircall", "Asha R", "As\tha"),
    ("aircall", "Asha R", "A" * 300),
    ("aircall", '"number":{"id":77', '"number":77,"x":{"id":77'),
    ("aircall", '"started_at":1767607822', '"started_at":"soon"'),
    ("aircall", '"started_at":1767607822', '"started_at":99999999999999'),
    ("aircall", '"duration":238', '"duration":nan'),
    ("aircall", '"duration":238', '"duration":-Infinity,"why":"nan, he said: \\"inf\\""'),
    ("aircall", '"first_name":"Noor"', '"first_name":"' + "N" * 5_000 + '"'),
    ("aircall", '"tags":[', '"tags":[' + ",".join(f'{{"name":"t{n}"}}' for n in range(60)) + ","),
    ("freeswitch", '"variables":{', '"stats":{"mos":nan,"jitter":-nan},"variables":{'),
    ("freeswitch", '"hold_accum_seconds":"12"', '"hold_accum_seconds":"a while"'),
    ("myoperator", '"_dr":"00:03:49"', '"_dr":"long"'),
    ("mapped-json", '"talk":"0:03:49"', '"talk":"9999999999:00:00"'),
    ("mapped-json", '"wait_ms":"9000"', '"wait_ms":"-9000"'),
    ("mapped-json", '"start_ms":1767607822000', '"start_ms":"then"'),
    ("myoperator", '"_na":"Asha"', '"_na":{"first":"Asha"}'),
]


@pytest.mark.parametrize(("vendor", "found", "instead"), ODD_FACTS)
def test_one_odd_fact_does_not_lose_the_call(
    workspace: WorkspaceConfig, vendor: str, found: str, instead: str
) -> None:
    case = CONNECTED[vendor]
    assert found in case["body"]

    assert known_of(take(case, workspace, case["body"].replace(found, instead))) == known_of(
        take(case, workspace)
    )


@pytest.mark.parametrize(
    ("vendor", "encoded"),
    [
        ("aircall", lambda text: b"\xef\xbb\xbf" + text.encode()),
        ("aircall", lambda text: text.replace("Asha R", "Ren\xe9").encode("latin-1")),
        ("aircall", lambda text: text.encode("utf-16")),
        ("freeswitch", lambda text: text.replace("fs1", "f\xfc1").encode("latin-1")),
        ("myoperator", lambda text: text.replace('"Asha"', '"Ash\xe0"').encode("cp1252")),
    ],
)
def test_odd_bytes_do_not_lose_the_call(
    workspace: WorkspaceConfig, vendor: str, encoded: Callable[[str], bytes]
) -> None:
    case = CONNECTED[vendor]
    configured = ConfiguredSource(workspace, source_of(case))
    inbound = Inbound(encoded(case["body"]), case["headers"])

    taken = read_report(inbound, configured, pepper=PEPPER, now=NOW)

    assert known_of(taken) == known_of(take(case, workspace))


def test_a_name_in_latin_1_is_read(workspace: WorkspaceConfig) -> None:
    case = CONNECTED["aircall"]
    body = case["body"].replace("Asha R", "Ren\xe9").encode("latin-1")
    configured = ConfiguredSource(workspace, source_of(case))

    taken = read_report(Inbound(body, {}), configured, pepper=PEPPER, now=NOW)

    assert not isinstance(taken, NoEnd)
    assert [leg.agent_name for leg in taken.report.interaction.legs] == ["Ren\xe9"]


def known_of(taken: IntakeReport | NoEnd) -> Any:
    """Which call it was, how and when it ended, and with whom."""
    assert not isinstance(taken, NoEnd)
    one = taken.report.interaction
    return (one.id, one.ending, one.address, one.ended_at, one.direction, len(one.legs))
