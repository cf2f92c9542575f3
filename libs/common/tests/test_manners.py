"""How the API answers by HTTP: tags, nothing twice, without a body, packed, and by an id."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from common.process import web
from common.process.runtime import Runtime, Service, Tasks
from common.telemetry import logging

router = APIRouter()
figures: dict[str, Any] = {}
LARGE = {"rows": [{"queue": "billing", "score": 5}] * 1_000}


@router.get("/v1/figures")
@router.get("/console/figures")
async def read_figures() -> dict[str, Any]:
    logging.get("test").info("asked")
    return figures


@router.get("/v1/document")
async def read_document(response: Response) -> dict[str, Any]:
    response.headers["etag"] = '"mine"'
    return {}


@router.get("/v1/file")
async def read_file() -> StreamingResponse:
    async def rows() -> AsyncIterator[str]:
        for _ in range(1_000):
            yield "billing,5\n"

    return StreamingResponse(rows(), media_type="text/csv")


@router.post("/v1/figures")
async def write() -> dict[str, Any]:
    return figures


@router.get("/v1/broken")
async def break_down() -> None:
    raise RuntimeError("broken")


async def _nothing(runtime: Runtime, tasks: Tasks) -> object:
    return object()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    figures.clear()
    app = web.application([Service("polite", [router], _nothing)], None)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    plain = {"accept-encoding": "identity"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://api", headers=plain
    ) as client:
        yield client


@pytest.mark.parametrize("told", ["{tag}", '"other", {tag}', "*", "{strong}"])
async def test_who_has_it_already_is_told_so_and_no_more(
    http: httpx.AsyncClient, told: str
) -> None:
    first = await http.get("/v1/figures")
    tag = first.headers["etag"]
    asked = told.format(tag=tag, strong=tag.removeprefix("W/"))

    again = await http.get("/v1/figures", headers={"if-none-match": asked})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert "content-type" not in again.headers
    assert again.headers["cache-control"] == "no-store"
    figures["n"] = 1
    changed = await http.get("/v1/figures", headers={"if-none-match": tag})
    assert (changed.status_code, changed.json()) == (200, {"n": 1})
    assert changed.headers["etag"] != tag


async def test_a_tag_of_an_endpoints_own_stays(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v1/document")).headers["etag"] == '"mine"'
    again = await http.get("/v1/document", headers={"if-none-match": 'W/"mine"'})
    assert again.status_code == 304


async def test_only_what_is_read_has_a_tag(http: httpx.AsyncClient) -> None:
    everything = {"if-none-match": "*"}
    wrote = await http.post("/v1/figures", headers=everything)
    file = await http.get("/v1/file", headers=everything)
    nothing = await http.get("/v1/nothing", headers=everything)
    page = await http.get("/console/figures", headers=everything)
    found = (wrote, file, nothing, page)
    assert [one.status_code for one in found] == [200, 200, 404, 200]
    assert not any("etag" in one.headers for one in found)


@pytest.mark.parametrize("path", ["/v1/figures", "/v1/document", "/v1/nothing"])
async def test_head_is_get_without_its_body(http: httpx.AsyncClient, path: str) -> None:
    id_of = {"x-request-id": "one"}
    whole, head = await http.get(path, headers=id_of), await http.head(path, headers=id_of)
    assert head.status_code == whole.status_code
    assert head.headers == whole.headers
    assert head.content == b""
    assert len(whole.content) == int(head.headers["content-length"])


async def test_what_is_large_is_packed_for_who_unpacks_it(http: httpx.AsyncClient) -> None:
    figures.update(LARGE)
    plain = await http.get("/v1/figures")
    packed = await http.get("/v1/figures", headers={"accept-encoding": "gzip"})

    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 10
    assert packed.content == plain.content
    assert packed.headers["etag"] == plain.headers["etag"]
    file = await http.get("/v1/file", headers={"accept-encoding": "gzip"})
    assert file.headers["content-encoding"] == "gzip"
    assert file.text.count("\n") == 1_000


async def test_pages_hold_secrets_and_are_never_packed(http: httpx.AsyncClient) -> None:
    figures.update(LARGE)
    page = await http.get("/console/figures", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in page.headers
    assert page.json() == LARGE


async def test_a_request_has_one_id_in_its_answer_and_in_every_line(
    http: httpx.AsyncClient, logged: io.StringIO
) -> None:
    own = await http.get("/v1/figures", headers={"x-request-id": "my-own.1"})
    assert own.headers["x-request-id"] == "my-own.1"
    made = [(await http.get("/v1/figures")).headers["x-request-id"] for _ in range(2)]
    assert len(set(made)) == 2

    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line["request_id"] for line in lines] == ["my-own.1", *made]
    assert logging.request_id() == ""


@pytest.mark.parametrize("odd", ["", "a b", "x" * 65, '{"a": 1}', "é"])
async def test_an_id_that_is_no_plain_word_is_replaced(http: httpx.AsyncClient, odd: str) -> None:
    answer = await http.get("/v1/figures", headers={"x-request-id": odd.encode()})
    assert answer.headers["x-request-id"] != odd
    assert len(answer.headers["x-request-id"]) == 36


async def test_what_breaks_is_found_by_its_id(http: httpx.AsyncClient, logged: io.StringIO) -> None:
    broken = await http.get("/v1/broken", headers={"x-request-id": "lost"})
    assert (broken.status_code, broken.headers["x-request-id"]) == (500, "lost")
    line = json.loads(logged.getvalue().splitlines()[0])
    assert (line["event"], line["request_id"]) == ("unexpected", "lost")
