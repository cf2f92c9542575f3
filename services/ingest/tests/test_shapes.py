"""A body that came to another vendor's source is told so."""

import json
from pathlib import Path

import pytest

from common.errors import BadInput
from ingest.domain.shapes import SHAPES, check_shape

RECORDED = Path(__file__).parent / "vendors"
CASES = sorted(
    path for slug in ("aircall", "freeswitch", "myoperator") for path in RECORDED.glob(f"{slug}/*")
)
SURE = [path for path in CASES if not path.stem.startswith("newer-")]


def body_of(path: Path) -> bytes:
    return str(json.loads(path.read_text())["body"]).encode()


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_a_vendor_sends_is_never_told_to_be_anothers(path: Path) -> None:
    check_shape(path.parent.name, body_of(path))


@pytest.mark.parametrize("path", SURE, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_body_at_another_vendors_source_is_told_whose_it_looks_like(path: Path) -> None:
    own = path.parent.name
    for other in {"aircall", "freeswitch", "myoperator"} - {own}:
        with pytest.raises(BadInput, match=f"looks like {SHAPES[own].name}; .* {other}"):
            check_shape(other, body_of(path))


@pytest.mark.parametrize("vendor", ["aircall", "freeswitch", "myoperator"])
def test_what_is_nobodys_is_told_so(vendor: str) -> None:
    with pytest.raises(BadInput, match="nothing in it is"):
        check_shape(vendor, b'{"hello": 1}')
    with pytest.raises(BadInput, match="looks like Twilio"):
        check_shape(vendor, b"Called=%2B12025550190&CallSid=CA0123&CallStatus=completed")


def test_a_mapped_source_takes_any_shape() -> None:
    check_shape("mapped-json", b'{"core-uuid": 1}')
