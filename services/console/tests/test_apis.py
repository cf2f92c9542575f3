"""What the console asks of other services over HTTP: pages to a bound, files as they come."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from common.http import client
from console.service import apis
from console.service.apis import Apis

PART = b"x" * 100


@asynccontextmanager
async def _served(app: FastAPI) -> AsyncIterator[Apis]:
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with client() as http:
            yield Apis(http=http, token="t", service_url=url)
        server.should_exit = True
        await serving


async def test_a_file_is_handed_on_as_it_comes_and_has_no_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apis, "LONGEST", 10 * len(PART))
    first_is_read = asyncio.Event()
    app = FastAPI()

    @app.get("/v1/export/calls")
    async def calls() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield PART
            await first_is_read.wait()  # for ever, if it were read whole
            for _ in range(30):
                yield PART

        return StreamingResponse(parts())

    async with _served(app) as here, here.stream("export/calls", ()) as answer:
        parts = answer.aiter_bytes()
        size = len(await anext(parts))
        first_is_read.set()
        async for part in parts:
            size += len(part)
    assert size == 31 * len(PART)


async def test_a_page_s_answer_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apis, "LONGEST", 10 * len(PART))
    app = FastAPI()

    @app.get("/v1/calls")
    async def calls() -> str:
        return "x" * 2_000

    async with _served(app) as here:
        answer = await here.get("calls")
    assert (answer.status, answer.ok) == (0, False)


async def test_a_file_that_breaks_off_is_no_whole_file() -> None:
    app = FastAPI()

    @app.get("/v1/export/calls")
    async def calls() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield PART
            raise ConnectionError("gone")

        return StreamingResponse(parts())

    async with _served(app) as here:
        with pytest.raises(httpx.HTTPError):
            async with here.stream("export/calls", ()) as answer:
                await answer.aread()
