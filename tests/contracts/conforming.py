"""What a running service answers, held against its document: for the tests of its API."""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.contracts.written import document, operations, wrong

_PARAMETER = re.compile(r"\\\{\w+\\\}")


def conforming(service: str) -> Callable[[httpx.Response], Awaitable[None]]:
    """A client's hook: every answer of an operation must be what the document says."""

    async def check(answer: httpx.Response) -> None:
        found = _operation(service, answer.request)
        if found is not None:
            await answer.aread()
            _check(service, answer, found)

    return check


def _operation(service: str, request: httpx.Request) -> Any:
    """None for what has no contract: health, metrics, providers' callbacks, unknown paths."""
    for method, path, operation in operations(service):
        if method == request.method.lower() and _pattern(path).fullmatch(request.url.path):
            return operation
    return None


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_PARAMETER.sub("[^/]+", re.escape(path)))


def _check(service: str, answer: httpx.Response, operation: Any) -> None:
    what = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
    told = operation["responses"].get(str(answer.status_code))
    assert told or answer.status_code >= 400, f"{what} is no answer of the document"
    told = told or operation["responses"]["default"]
    if "$ref" in told:
        told = document(service)["components"]["responses"][told["$ref"].rpartition("/")[2]]
    if "content" not in told:
        assert answer.content == b"", what
        return
    media = answer.headers["content-type"].partition(";")[0]
    assert media in told["content"], f"{what} is {media}"
    if media in ("text/csv", "application/zip"):
        return
    found = wrong(json.loads(answer.content), told["content"][media]["schema"], service)
    assert not found, f"{what}: {found}"
