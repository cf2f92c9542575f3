"""Files that stream, by a real server: a cut one is seen to be cut, and slots come back."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from common.errors import Problem
from common.process.files import OF_ALL, OF_WORKSPACE, Slots, StreamedFile
from common.process.problems import answer_problems


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url) as client:
            yield client
        server.should_exit = True
        await running


def streaming(slots: Slots, parts: Callable[[], AsyncIterator[str]]) -> FastAPI:
    app = FastAPI()
    answer_problems(app)

    @app.get("/{workspace}")
    async def file(workspace: str) -> StreamedFile:
        with slots.take(workspace) as slot:
            return StreamedFile("a.csv", parts(), media_type="text/csv", slot=slot.keep())

    return app


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - nobody tells when it is
            await asyncio.sleep(0.01)


async def test_a_file_that_broke_off_has_no_end_and_leaves_a_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def parts() -> AsyncIterator[str]:
        yield "a,b\n"
        raise ConnectionError("the database went away")

    slots = Slots()
    async with served(streaming(slots, parts)) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/acme")
        await until(lambda: not slots.taken)
    assert not [record for record in caplog.records if record.exc_info]


async def test_so_many_files_of_a_workspace_and_of_all_stream_at_once() -> None:
    go = asyncio.Event()

    async def parts() -> AsyncIterator[str]:
        yield "a,b\n"
        await go.wait()

    slots = Slots()
    async with served(streaming(slots, parts)) as client:
        waiting = [asyncio.create_task(client.get("/acme")) for _ in range(OF_WORKSPACE)]
        await until(lambda: slots.taken["acme"] == OF_WORKSPACE)
        refused = await client.get("/acme")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "15")
        for number in range(OF_ALL - OF_WORKSPACE):
            waiting.append(asyncio.create_task(client.get(f"/other-{number}")))
        await until(lambda: slots.taken.total() == OF_ALL)
        assert (await client.get("/third")).status_code == 429
        go.set()
        assert {answer.text for answer in await asyncio.gather(*waiting)} == {"a,b\n"}
        await until(lambda: not slots.taken)
        assert (await client.get("/acme")).status_code == 200


async def test_who_goes_away_gives_the_slot_back() -> None:
    async def parts() -> AsyncIterator[str]:
        while True:
            yield "a,b\n"
            await asyncio.sleep(0.01)

    slots = Slots()
    async with served(streaming(slots, parts)) as client:
        async with client.stream("GET", "/acme") as answer:
            assert answer.status_code == 200
        await until(lambda: not slots.taken)


def test_a_file_that_is_never_begun_holds_no_slot() -> None:
    slots = Slots()
    for _ in range(3 * OF_WORKSPACE):
        with pytest.raises(Problem, match="Invalid"), slots.take("acme"):
            raise Problem(422, "Invalid request")
    assert not slots.taken
