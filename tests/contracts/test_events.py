"""Every example there ever was is read by today's code and is what today's schema says."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from common.errors import BadInput
from common.events import TYPES, decode, encode
from ingest.schemas import read_event
from scripts.contracts.examples import recorded
from tests.contracts.written import CONTRACTS, INTAKE, PUBLISHED, ROOT, named, schema

SUMS = "contracts/examples/SHA256SUMS"


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_a_sound_schema_and_an_example(name: str) -> None:
    checker = schema(f"events/{name}")
    checker.check_schema(checker.schema)

    assert [path for path in PUBLISHED if path.parent.name == name]


@pytest.mark.parametrize("path", PUBLISHED, ids=named)
def test_an_example_is_read_and_fits_its_schema(path: Path) -> None:
    name = path.parent.name
    written = json.loads(path.read_text())

    schema(f"events/{name}").validate(written)
    event: Any = decode(path.read_bytes(), TYPES[name])

    again = encode(event)
    schema(f"events/{name}").validate(json.loads(again))
    assert decode(again, TYPES[name]) == event


@pytest.mark.parametrize("path", PUBLISHED, ids=named)
def test_code_and_schema_want_the_same_fields(path: Path) -> None:
    name = path.parent.name
    checker = schema(f"events/{name}")
    written = json.loads(path.read_text())
    for field in list(written["data"]):
        data = {key: value for key, value in written["data"].items() if key != field}
        event = written | {"data": data}
        assert checker.is_valid(event) is readable(json.dumps(event).encode(), TYPES[name]), field


@pytest.mark.parametrize("path", INTAKE, ids=named)
def test_ingest_takes_what_the_public_schema_allows(path: Path) -> None:
    checker = schema("intake/cloudevent")
    written = json.loads(path.read_text())

    checker.validate(written)
    read_event(path.read_bytes())

    for field in list(written["data"]):
        data = {key: value for key, value in written["data"].items() if key != field}
        body = json.dumps(written | {"data": data}).encode()
        assert checker.is_valid(json.loads(body)) is acceptable(body), field


def test_an_amendment_needs_its_time() -> None:
    event = json.loads((CONTRACTS / "examples/intake/call-amended.json").read_text())
    del event["time"]

    assert not schema("intake/cloudevent").is_valid(event)
    with pytest.raises(BadInput):
        _ = read_event(json.dumps(event).encode()).revision


def test_no_example_was_ever_changed_or_removed() -> None:
    now = recorded((ROOT / SUMS).read_text())
    for line in once_recorded():
        digest, _, name = line.partition("  ")
        assert now.get(name) == digest, f"contracts/examples/{name} is not what it was"


def once_recorded() -> list[str]:
    """Every line that the sums had in any commit; none where there is no history."""
    command = ("git", "log", "-p", "--format=", "--no-color", "--no-ext-diff", "--", SUMS)
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return [
        line[1:]
        for line in told.stdout.splitlines()
        if line.startswith("+") and not line.startswith("+++")
    ]


def readable(value: bytes, fact: type[Any]) -> bool:
    try:
        decode(value, fact)
    except BadInput:
        return False
    return True


def acceptable(body: bytes) -> bool:
    try:
        read_event(body)
    except BadInput:
        return False
    return True
