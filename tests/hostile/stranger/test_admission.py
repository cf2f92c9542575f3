"""Who asks too much is told when to come again; who guesses keys costs next to nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, Request

from common.database import Database
from common.errors import Problem
from common.process import admission as limits
from common.process import web
from common.process.access import Caller, caller, key_hash
from common.process.admission import REFUSALS_AT_ONCE, TRIES, Admission, Buckets
from common.process.runtime import Runtime, Service
from common.process.service import open_runtime, upgrade
from common.process.settings import CommonSettings


def test_a_bucket_gives_what_it_holds_and_says_when_there_is_more() -> None:
    now = 0.0
    buckets = Buckets(10, 20, clock=lambda: now)

    assert [buckets.take("a") for _ in range(20)] == [0.0] * 20
    assert buckets.take("a") == pytest.approx(0.1)
    assert buckets.take("b") == 0.0
    now = 0.5
    assert [buckets.take("a") for _ in range(5)] == [0.0] * 5
    assert buckets.take("a") > 0


def test_more_than_a_bucket_holds_is_taken_from_a_full_one_and_paid_back() -> None:
    now = 0.0
    buckets = Buckets(10, 20, clock=lambda: now)

    assert buckets.take("a", 50) == 0.0
    now = 2.0
    assert buckets.take("a") > 0
    now = 4.0
    assert buckets.take("a") == 0.0


def test_buckets_of_strangers_do_not_fill_the_memory() -> None:
    buckets = Buckets(10, 20, remembered=100)
    for number in range(1_000):
        buckets.take(str(number))

    assert len(buckets._known) == 100


def _from(address: str) -> Request:
    return Request({"type": "http", "client": (address, 1)})


def test_many_tries_at_once_are_no_more_than_in_a_row() -> None:
    admission = Admission(clock=lambda: 0.0)
    with ExitStack() as open_tries:
        for number in range(int(REFUSALS_AT_ONCE)):
            open_tries.enter_context(admission.trying(_from("192.0.2.1"), name=f"n{number}"))
        with pytest.raises(Problem, match="Too many"):
            open_tries.enter_context(admission.trying(_from("192.0.2.1"), name="one more"))


def test_a_try_that_was_right_or_refused_costs_nothing_and_a_wrong_one_its_address_alone() -> None:
    admission = Admission(clock=lambda: 0.0)
    for _ in range(100):
        with admission.trying(_from("192.0.2.1"), name="ann"):
            pass
    for _ in range(int(TRIES)):
        with admission.trying(_from("192.0.2.1"), name="ann") as was_wrong:
            was_wrong()
    for _ in range(100):
        with pytest.raises(Problem), admission.trying(_from("192.0.2.1"), name="ann"):
            pass
    with admission.trying(_from("192.0.2.1"), name="bob"):
        pass
    with admission.trying(_from("192.0.2.2"), name="ann"):
        pass


router = APIRouter()


@router.get("/mine")
async def mine(who: Annotated[Caller, Depends(caller("read"))]) -> str | None:
    return who.workspace


@router.post("/length")
async def length(request: Request) -> int:
    return len(await web.body_of(request))


async def _nothing(*_: object) -> object:
    return object()


@dataclass(frozen=True, slots=True)
class Api:
    """With the keys `acme` and `other`, whose workspaces may ask ten times a second."""

    http: httpx.AsyncClient
    counting: "_Counting"
    runtime: Runtime

    async def ask(self, key: str, secret: str = "secret") -> httpx.Response:
        headers = {"authorization": f"Bearer ac_{key}_{secret}"}
        return await self.http.get("/mine", headers=headers)


@pytest.fixture
async def api(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Api]:
    monkeypatch.setenv("AFTERCALL_REQUESTS_PER_SECOND", "10")
    monkeypatch.setenv("AFTERCALL_LARGEST_BODY", "1024")
    settings = CommonSettings.model_validate(
        {"database_url": database_url, "contact_pepper": "a pepper for tests"}
    )
    await upgrade(database_url, [])
    async with database.transaction() as connection:
        for key in ("acme", "other"):
            await connection.execute(
                "insert into config.api_keys (id, workspace, name, hash, scopes)"
                " values ($1, $1, $1, $2, '{read}')",
                key,
                key_hash("secret"),
            )
    async with open_runtime(settings) as runtime:
        app = web.application([Service("hostile", [router], _nothing)], None)
        app.state.runtime = runtime
        runtime.admission.held_for = 0.0
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            yield Api(client, _Counting(runtime), runtime)


class _Counting:
    """How often a connection was taken from the pool."""

    def __init__(self, runtime: Runtime) -> None:
        self.count = 0
        take = runtime.db.connection

        def connection(*arguments: object) -> object:
            self.count += 1
            return take(*arguments)

        object.__setattr__(runtime.db, "connection", connection)


async def test_no_body_is_larger_than_the_operator_allows(api: Api) -> None:
    answer = await api.http.post("/length", content=b"x" * 1024)
    too_large = await api.http.post("/length", content=b"x" * 1025)

    assert answer.json() == 1024
    assert too_large.status_code == 413
    assert too_large.json()["detail"] == "At most 1024 bytes are read."


async def test_wrong_keys_cost_no_query_each_and_are_told_to_wait(api: Api) -> None:
    at_once = await asyncio.gather(*(api.ask(f"guess{number}") for number in range(500)))
    after = [await api.ask(f"another{number}") for number in range(50)]

    assert {one.status_code for one in at_once} <= {401, 429}
    assert sum(one.status_code == 401 for one in after) <= 5  # one more a second
    assert all(int(o.headers["retry-after"]) >= 1 for o in after if o.status_code == 429)
    assert api.counting.count < 10


async def test_a_key_in_use_goes_on_beside_guesses_from_the_same_address(api: Api) -> None:
    assert (await api.ask("acme")).json() == "acme"
    for _ in range(int(REFUSALS_AT_ONCE) + 10):
        last = await api.ask("acme", "guess")

    assert last.status_code == 429
    assert (await api.ask("acme")).status_code == 200


async def test_a_workspace_that_asks_too_much_is_refused_and_its_neighbour_is_not(
    api: Api,
) -> None:
    told = [await api.ask("acme") for _ in range(100)]

    refused = [one for one in told if one.status_code == 429]
    assert len(refused) >= 10
    assert all(int(one.headers["retry-after"]) >= 1 for one in refused)
    assert refused[0].json()["detail"].startswith("Too many requests of this key")
    assert (await api.ask("other")).status_code == 200


async def test_who_is_told_to_wait_is_told_a_moment_later_and_others_are_not_held(
    api: Api,
) -> None:
    admission = api.runtime.admission
    admission.held_for = 3600.0
    asking = [asyncio.create_task(api.ask("acme")) for _ in range(60)]
    async with asyncio.timeout(90):
        while admission._held < 10:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert (await api.ask("other")).status_code == 200
    assert sum(task.done() for task in asking) <= 50
    for task in asking:
        task.cancel()
    await asyncio.wait(asking)
    assert admission._held == 0


async def test_more_than_so_many_answers_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_HELD", 2)
    admission = Admission(held_for=3600.0)
    held = [asyncio.create_task(admission.hold()) for _ in range(2)]
    await asyncio.sleep(0)

    await asyncio.wait_for(admission.hold(), 10)

    for task in held:
        task.cancel()
    await asyncio.wait(held)


def test_events_of_a_batch_count_one_by_one() -> None:
    admission = Admission(events=10)
    admission.tells("acme", 40)

    with pytest.raises(Problem, match="Too many requests"):
        admission.tells("acme")
    admission.tells("other", 40)
