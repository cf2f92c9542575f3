"""What a map finds in a body, and what it says when it finds nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.bus import Partition, Record
from common.config import Config, WorkspaceConfig
from common.config.documents import parse_document
from common.config.mapping import Rule, read_mapping
from common.config.mapping_faults import MOST_PATHS, faults, validate_mapping
from common.errors import BadInput
from common.events.calls import Interaction
from common.topics import intake
from ingest.domain.body import Malformed
from ingest.domain.mapped_body import mapped_body
from ingest.domain.mapping import holds
from ingest.domain.times import is_in_gap, read_time
from ingest.domain.vendor import Inbound, NoEnd
from ingest.service.reading import ConfiguredSource, inbound_of, read_report

NOW = datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
END = datetime(2026, 1, 5, 10, 14, 20, tzinfo=UTC)
WHOLE = {"id": "id", "ending": {"value": "connected"}, "ended_at": "end", "address": "who"}
BODY = {"id": "c-1", "end": "2026-01-05T10:14:20Z", "who": "+12025550101"}


def call(
    workspace: WorkspaceConfig,
    body: dict[str, Any] | bytes,
    content_type: str = "",
    query: dict[str, str] | None = None,
    **mapping: Any,
) -> Interaction:
    found = read(workspace, body, content_type, query, **mapping)
    assert isinstance(found, Interaction)
    return found


def read(
    workspace: WorkspaceConfig,
    body: dict[str, Any] | bytes,
    content_type: str = "",
    query: dict[str, str] | None = None,
    **mapping: Any,
) -> Interaction | NoEnd:
    settings = {
        name: mapping.pop(name) for name in ("zone", "region", "numbers") if name in mapping
    }
    document = {"id": "s", "vendor": "mapped-json", "mapping": WHOLE | mapping} | settings
    source = parse_document("source", document)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    inbound = Inbound(raw, {"content-type": content_type}, query or {})
    taken = read_report(
        inbound, ConfiguredSource(workspace, source), pepper=b"of the tests", now=NOW
    )
    return taken if isinstance(taken, NoEnd) else taken.report.interaction


NESTED = {
    "a": {"b": [{"role": "agent", "n": "1"}, {"role": "Customer", "s": {"t": "x"}, "n": "2"}]},
    "text": '{"inner": {"list": [7, 8]}}',
    "empty": "",
    "null": None,
    "flag": True,
    "nan": "nan",
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a.b[0].n", "1"),
        ("a.b[-1].n", "2"),
        ("a.b[2].n", None),
        ("a.b[role=customer].n", "2"),
        ("a.b[s.t=x].n", "2"),
        ("a.b[role=nobody].n", None),
        ("text.inner.list[-1]", 8),
        ("text.nothing", None),
        ("a.b.n", None),
        ("?q", "asked"),
        ("?key", None),
        ("flag", True),
    ],
)
def test_a_path_leads_through_lists_properties_and_texts(path: str, found: object) -> None:
    body = mapped_body(Inbound(json.dumps(NESTED).encode(), query={"q": "asked", "key": "secret"}))

    assert body.at(path) == found


@pytest.mark.parametrize(
    ("when", "true"),
    [
        ({"path": "a.b[0].role", "equals": "AGENT"}, True),
        ({"path": "a.b[0].role", "equals": ["x", "agent"]}, True),
        ({"path": "a.b[0].n", "equals": 1}, True),
        ({"path": "flag", "equals": True}, True),
        ({"path": "a.b[0].n", "over": 0, "under": 1}, False),
        ({"path": "a.b[0].n", "over": 0.5, "under": 2}, True),
        ({"path": "nan", "over": 0}, False),
        ({"path": "nan", "under": 9}, False),
        ({"path": "none", "over": 0}, False),
        ({"any": [{"path": "a.b[0].role", "over": 0}, {"path": "flag"}]}, True),
        ({"all": [{"path": "a.b[0].role", "over": 0}, {"path": "none"}]}, False),
        ({"path": "empty"}, False),
        ({"path": "empty", "exists": False}, True),
        ({"path": ["none", "flag"], "exists": True}, True),
        ({"any": [{"path": "none"}, {"path": "flag"}]}, True),
        ({"all": [{"path": "none"}, {"path": "flag"}]}, False),
        ({"none": [{"path": "none"}, {"path": "flag"}]}, False),
        ([{"path": "flag"}, {"none": [{"path": "none"}]}], True),
    ],
)
def test_a_condition_says_which_events_are_ends(when: Any, true: bool) -> None:
    read = read_mapping(WHOLE | {"when": when})

    assert read.when is not None
    assert holds(read.when, mapped_body(Inbound(json.dumps(NESTED).encode()))) is true


def test_an_event_that_is_no_end_is_not_selected(workspace: WorkspaceConfig) -> None:
    assert read(workspace, BODY, when={"path": "event", "equals": "end"}) is NoEnd.NOT_SELECTED


@pytest.mark.parametrize(
    ("body", "when", "at"),
    [
        (b'{"took": "n/a"}', {"path": "took", "over": 5}, "took"),
        (b'{"took": "n/a"}', {"none": [{"path": ["a", "took"], "under": 5}]}, "took"),
        (b"12", {"path": "event", "equals": "end"}, ""),
        (b'"x"', {"path": "event", "equals": "end"}, ""),
        (b"null", {"path": "event", "equals": "end"}, ""),
        (b'[{"event": "end"}]', {"path": "event", "equals": "end"}, ""),
    ],
)
def test_an_event_of_which_nothing_can_be_said_is_refused_so_that_it_is_kept(
    workspace: WorkspaceConfig, body: bytes, when: Any, at: str
) -> None:
    with pytest.raises(BadInput) as refused:
        read(workspace, body, when=when)

    assert refused.value.errors[0].field == at


def test_a_list_is_a_body_for_paths_that_begin_in_one(workspace: WorkspaceConfig) -> None:
    paths = {"id": "[0].id", "ended_at": "[0].end", "address": "[0].who"}

    found = call(workspace, json.dumps([BODY]).encode(), when={"path": "[0].id"}, **paths)

    assert found.call_id == "c-1"


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("queue", 101, "101"),
        ("queue", True, "true"),
        ("transfers", "2", 2),
        ("transfers", "many", 0),
        ("tags", "vip, late", ("vip", "late")),
        ("do_not_survey", "yes", True),
        *(("do_not_survey", said, True) for said in ("on", "1.0", 2, "si", "opt-out", "Yes!")),
        *(("do_not_survey", said, False) for said in ("", "no", "False", 0, "off")),
        ("disposition", 1.5, "1.5"),
    ],
)
def test_the_value_of_a_case_is_read_as_one_of_the_body_is(
    workspace: WorkspaceConfig, field: str, value: object, found: object
) -> None:
    rule = {"path": "none", "cases": [{"when": {"path": "id"}, "value": value}]}

    assert getattr(call(workspace, BODY, **{field: rule}), field) == found


def test_the_word_of_a_case_is_ours_already(workspace: WorkspaceConfig) -> None:
    cases = [{"when": {"path": "id"}, "value": "missed"}]
    rule = {"path": "how", "words": {"Missed": "abandoned", "OK": "connected"}, "cases": cases}

    assert call(workspace, BODY, ending=rule).ending == "missed"
    assert call(workspace, BODY | {"how": "ok"}, ending=rule | {"cases": []}).ending == "connected"


def test_json_within_a_text_is_read_once_however_many_paths_lead_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_texts: list[object] = []

    def counting(raw: bytes | str) -> Any:
        read_texts.append(raw)
        return json.loads(raw)

    monkeypatch.setattr("ingest.domain.mapped_body.tolerantly_decoded", counting)
    body = mapped_body(Inbound(json.dumps({"text": NESTED["text"], "odd": "{"}).encode()))

    assert [body.at(f"text.inner.list[{at}]") for at in (0, 1, 0)] == [7, 8, 7]
    assert len(read_texts) == 2


def test_a_mapping_looks_at_a_bounded_number_of_paths() -> None:
    ways = [f"a{n}" for n in range(10)]
    most = {f"attributes.{n}": {"path": ways} for n in range((MOST_PATHS - 3) // 10)}

    assert validate_mapping(WHOLE | most) == []
    assert "mapping" in [
        one.field for one in validate_mapping(WHOLE | most | {"queue": {"path": ways}})
    ]


def test_a_form_is_nested_no_deeper_than_a_call_is(workspace: WorkspaceConfig) -> None:
    with pytest.raises(Malformed, match="too deeply"):
        read(workspace, b"id" + b"[b]" * 5_000 + b"=1")


def test_a_zone_beyond_all_zones_is_no_time() -> None:
    with pytest.raises(BadInput, match="must be a time"):
        read_time("Mon, 05 Jan 2026 10:14:20 +99999999999999", "t", how="rfc2822", zone="UTC")


@pytest.mark.parametrize(
    ("who", "problem"),
    [({}, "invalid"), ({"who": ""}, "hidden"), ({"who": None}, "hidden"), ({"who": "x"}, "hidden")],
)
def test_a_path_that_finds_nothing_withholds_no_number(
    workspace: WorkspaceConfig, who: dict[str, Any], problem: str
) -> None:
    body = {name: value for name, value in BODY.items() if name != "who"} | who

    assert call(workspace, body).address_problem == problem


@pytest.mark.parametrize(
    ("value", "how"),
    [
        ("2026-01-05T10:14:20Z", "iso"),
        ("2026-01-05t10:14:20z", "iso"),
        ("2026-01-05T15:44:20+05:30", "local"),
        ("2026-01-05 15:44:20", "local"),
        ("Mon, 05 Jan 2026 10:14:20 +0000", "rfc2822"),
        ("05/01/2026 15:44:20", "%d/%m/%Y %H:%M:%S"),
        (1767608060, "epoch"),
        ("1767608060.0", "epoch"),
        (1767608060000, "epoch_ms"),
        ("1767608060000000", "epoch_us"),
        (1767608060000000000, "epoch_ns"),
    ],
)
def test_times_are_read_in_every_spelling(value: object, how: str) -> None:
    assert read_time(value, "t", how=how, zone="Asia/Kolkata") == END


def test_the_end_may_be_reckoned_from_the_start(workspace: WorkspaceConfig) -> None:
    rule = {"path": "start", "time": "local", "plus": {"path": "took", "unit": "minutes"}}
    body = {"id": "c-1", "who": "+12025550101", "start": "2026-01-05 15:42:20", "took": "2"}

    assert call(workspace, body, ended_at=rule, zone="Asia/Kolkata").ended_at == END
    with pytest.raises(BadInput, match="took"):
        read(workspace, body | {"took": None}, ended_at=rule, zone="Asia/Kolkata")


def test_the_end_may_be_when_it_reached_us(workspace: WorkspaceConfig) -> None:
    assert call(workspace, BODY, ended_at={"value": "received"}).ended_at == NOW


def test_a_format_that_names_a_part_twice_is_refused_and_reads_nothing() -> None:
    rule = Rule(path="ended", time="%Y%Y")

    assert [one.field for one in faults("ended_at", rule)] == ["mapping.ended_at.time"]
    with pytest.raises(BadInput, match="must be a time of the format"):
        read_time("20262026", "ended", how="%Y%Y", zone="UTC")


def test_a_local_time_that_no_clock_showed_is_said_to_be_so(workspace: WorkspaceConfig) -> None:
    rule = {"path": "start", "time": "local"}

    found = call(
        workspace, BODY | {"start": "2025-03-30 02:30:00"}, started_at=rule, zone="Europe/Berlin"
    )

    assert found.attributes == {"local_time_in_gap": "started_at"}
    assert not is_in_gap("2025-03-30 03:30:00", how="local", zone="Europe/Berlin")
    assert not is_in_gap("2025-10-26 02:30:00", how="local", zone="Europe/Berlin")


MULTIPART = b"".join(
    b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (k.encode(), v.encode())
    for k, v in BODY.items()
)
CARRIED: dict[str, tuple[bytes, str, dict[str, str]]] = {
    "json": (json.dumps(BODY).encode(), "text/plain", {}),
    "form": (b"id=c-1&end=2026-01-05T10:14:20Z&who=%2B12025550101&x=", "", {}),
    "multipart": (MULTIPART + b"--x--\r\n", "multipart/form-data; boundary=x", {}),
    "query": (b"", "", BODY | {"key": "secret"}),
    "xml": (
        b"<id>c-1</id><end>2026-01-05T10:14:20Z</end><who>+12025550101</who>".join(
            (b"<c>", b"</c>")
        ),
        "",
        {},
    ),
}


@pytest.mark.parametrize("way", CARRIED)
def test_a_body_may_be_of_any_form(workspace: WorkspaceConfig, way: str) -> None:
    body, content_type, query = CARRIED[way]
    at = "c." if way == "xml" else ""
    mapping = {"id": f"{at}id", "ended_at": f"{at}end", "address": f"{at}who"}

    found = call(workspace, body, content_type, query, **mapping)

    assert (found.call_id, found.ended_at, found.address) == ("c-1", END, "+12025550101")


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("12025550101", "+12025550101"),
        ("+12025550101", "+12025550101"),
        ("0012025550101", "+12025550101"),
        ("919876543210", "+919876543210"),
        ("2025550101", None),
        ("7378742833", None),
        ("1001", None),
    ],
)
def test_numbers_are_international_where_the_source_says_so(
    workspace: WorkspaceConfig, number: str, found: str | None
) -> None:
    body = BODY | {"who": number}

    assert call(workspace, body, numbers="international", region="US").address == found


def test_a_number_without_a_plus_is_never_guessed_at(workspace: WorkspaceConfig) -> None:
    assert call(workspace, BODY | {"who": "919876543210"}, region="US").address is None


@pytest.mark.parametrize(
    ("when", "at"),
    [
        ({}, "mapping.when"),
        ({"path": "a", "any": [{"path": "b"}]}, "mapping.when"),
        ({"equals": "x"}, "mapping.when"),
        ({"path": "a..b"}, "mapping.when.path"),
        ({"any": [{"path": "a[x]"}]}, "mapping.when.any.0.path"),
        ({"pfad": "a"}, "mapping.when.pfad"),
    ],
)
def test_a_condition_that_cannot_work_is_named(when: Any, at: str) -> None:
    assert at in [error.field for error in validate_mapping(WHOLE | {"when": when})]


@pytest.mark.parametrize("written", ["12345", "12345.0", "1.2345e4", '"12345"'])
def test_a_number_is_one_name_however_it_is_written(
    workspace: WorkspaceConfig, written: str
) -> None:
    body = json.dumps(BODY | {"name": "NAME"}).replace('"NAME"', written).encode()

    assert call(workspace, body, id="name").call_id == "12345"


@pytest.mark.parametrize(
    ("written_at", "ended_at"),
    [(NOW - timedelta(hours=3), NOW - timedelta(hours=3)), (NOW + timedelta(days=3), NOW)],
)
def test_of_a_record_it_reached_us_when_it_was_written(
    workspace: WorkspaceConfig, written_at: datetime, ended_at: datetime
) -> None:
    """However long we were away; not in the future, which a producer's clock may say."""
    source = parse_document(
        "source",
        {
            "id": "s",
            "vendor": "mapped-json",
            "mapping": WHOLE | {"ended_at": {"value": "received"}},
        },
    )
    config = Config(1, {"acme": replace(workspace, sources={"s": source})})
    record = Record(
        partition=Partition(intake("s"), 0),
        offset=0,
        key=None,
        value=json.dumps(BODY).encode(),
        headers=(),
        timestamp=written_at,
    )

    taken = read_report(*inbound_of(record, config), pepper=b"of the tests", now=NOW)

    assert not isinstance(taken, NoEnd)
    assert taken.report.interaction.ended_at == ended_at
