"""Whatever a vendor sends, an adapter understands it or says what it does not understand."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.config import WorkspaceConfig
from common.config.documents import parse_document
from common.errors import BadInput
from common.events import decode, type_of
from common.events.calls import Interaction, InteractionAmended
from ingest.domain.interaction import message
from ingest.domain.vendor import Inbound, NoEnd
from ingest.service.reading import ConfiguredSource, read_report

NOW = datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
VENDORS = Path(__file__).parent / "vendors"
CASES = [
    "aircall/connected",
    "aircall/tagged-later",
    "freeswitch/connected-plain-values",
    "freeswitch/transferred",
    "mapped-json/mapped",
    "mapped-json/our-own-names",
    "myoperator/newer-connected",
    "myoperator/transferred",
]
NUMBERS = ("", "0", "-1", "nan", "inf", "1e400", "9" * 400, "²", "1767608060", "1:2:3:4", "²:²")
TIMES = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-05", "2026-W01")
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**15, max_value=10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from([*NUMBERS, *TIMES, "\x00", "+", "::", "%"]),
    st.lists(st.none(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in it."""
    if not isinstance(value, dict | list):
        return []
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    here = [(value, key) for key in keys]
    return here + [place for key in keys for place in places(value[key])]


@pytest.mark.parametrize("case", CASES)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_an_odd_value_anywhere_is_understood_or_refused(
    workspace: WorkspaceConfig, case: str, data: st.DataObject
) -> None:
    request = json.loads((VENDORS / f"{case}.json").read_text())
    body = json.loads(request["body"])
    container, key = data.draw(st.sampled_from(places(body)))
    container[key] = data.draw(ODD)
    configured = ConfiguredSource(workspace, parse_document("source", request["source"]))

    with suppress(BadInput):
        taken = read_report(
            Inbound(json.dumps(body).encode()), configured, pepper=b"of the tests", now=NOW
        )
        if not isinstance(taken, NoEnd):
            published = message(taken.report).value
            amended = type_of(published) == "interaction.amended.v1"
            decode(published, InteractionAmended if amended else Interaction)


@pytest.mark.parametrize("case", CASES)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_broken_bytes_are_refused(
    workspace: WorkspaceConfig, case: str, data: st.DataObject
) -> None:
    request = json.loads((VENDORS / f"{case}.json").read_text())
    raw = bytearray(request["body"].encode())
    position = data.draw(st.integers(min_value=0, max_value=len(raw) - 1))
    raw[position : position + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    configured = ConfiguredSource(workspace, parse_document("source", request["source"]))

    with suppress(BadInput):
        read_report(Inbound(bytes(raw)), configured, pepper=b"of the tests", now=NOW)
