"""An answer that is not what the document says is found."""

from typing import Any

import httpx
import pytest

from tests.contracts.conforming import conforming

TAKEN = {"interaction_id": "53345e28-fbf4-50bc-86ee-75328465e060"}


def answered(status: int, body: Any, path: str = "/v1/events") -> httpx.Response:
    request = httpx.Request("POST", f"http://ingest{path}")
    return httpx.Response(status, json=body, request=request)


async def test_what_the_document_says_passes() -> None:
    await conforming("ingest")(answered(202, TAKEN))
    await conforming("ingest")(answered(200, {"any": "thing"}, path="/somewhere/else"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (202, {"interaction_id": "call-1"}),
        (202, {}),
        (204, TAKEN),
        (422, {"type": "about:blank", "title": "Invalid body", "status": 422}),
    ],
    ids=["another type", "a field is missing", "another status", "another media type"],
)
async def test_anything_else_is_found(status: int, body: Any) -> None:
    with pytest.raises(AssertionError):
        await conforming("ingest")(answered(status, body))
