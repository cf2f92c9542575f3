"""`python -m bench.pages`: how long figures, lists and pages take at many facts.

Two years of a contact centre with 2,000 agents, at as many facts as `--facts` says (more sizes:
one after another). Starts a PostgreSQL of its own and runs analytics and the console in this
process: a line per request and size, with the 95th percentile in milliseconds over the rounds.
Ten million facts take about 20 GB of disk below the temporary folder.
"""

import argparse
import json
import logging
import random
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

import asyncpg
import httpx
import structlog
import uvloop

import analytics.app
import console.app
import orchestrator.app
from bench import filling
from bench.filling import NOW, WORKSPACE
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.config.store import Document, save
from common.database import Database
from common.http import client
from common.process.admission import Admission
from common.process.runtime import Runtime
from common.process.service import running, upgrade
from common.process.settings import CommonSettings
from common.process.tokens import LASTS, Claims, token
from common.process.web import application
from common.testing.postgres import Server
from common.topics import partitions
from console.domain.people import Rights, Role
from console.service.managing import OPERATOR

SERVICES = (orchestrator.app.service, analytics.app.service, console.app.service)
LOOSE = 2  # days that are not packed: answers still come
TWO_YEARS = {"from": str(filling.FIRST), "to": str(filling.LAST)}
Query = Mapping[str, Any]


def filters(chance: random.Random, most: int) -> Query:
    values: dict[str, Any] = {
        "queue": f"q{chance.randrange(20)}",
        "team": f"t{chance.randrange(15)}",
        "agent": f"a{chance.randrange(2000)}",
        "channel": chance.choice(["sms", "ivr", "whatsapp"]),
        "disposition": f"d{chance.randrange(12)}",
        "region": f"r{chance.randrange(6)}",
        "site": f"s{chance.randrange(4)}",
    }
    return {name: values[name] for name in chance.sample(list(values), most)}


def requests(chance: random.Random) -> dict[str, tuple[str, Query]]:
    """Name -> path and query, anew for each round."""
    found: dict[str, tuple[str, Query]] = {}
    for most in (0, 1, 2, 3):
        narrow = filters(chance, most)
        whole = {**TWO_YEARS, **narrow}
        found |= {
            f"scores, {most} filters": ("/v1/scores", whole),
            f"scores compared, {most} filters": (
                "/v1/scores",
                {"range": "364d", "compare": "previous", **narrow},
            ),
            f"trend by day, {most} filters": ("/v1/trend", {**whole, "period": "day"}),
            f"trend by agent and month, {most} filters": (
                "/v1/trend",
                {**whole, "period": "month", "by": "agent"},
            ),
            f"trend by queue and week, {most} filters": (
                "/v1/trend",
                {**whole, "period": "week", "by": "queue"},
            ),
            f"funnel, {most} filters": ("/v1/funnel", whole),
            f"resolution by agent, {most} filters": ("/v1/resolution", {**whole, "by": "agent"}),
            f"scores by agent, {most} filters": ("/v1/scores", {**whole, "by": "agent"}),
            f"scores by queue, {most} filters": ("/v1/scores", {**whole, "by": "queue"}),
            f"responses, {most} filters": ("/v1/responses", whole),
            f"responses by score, {most} filters": (
                "/v1/responses",
                {**whole, "sort": "lowest_score"},
            ),
            f"responses with words, {most} filters": (
                "/v1/responses",
                {**whole, "text": "nobody wrote this"},
            ),
            f"responses oldest first, {most} filters": (
                "/v1/responses",
                {**whole, "sort": "oldest"},
            ),
            f"responses changed since, {most} filters": (
                "/v1/responses",
                {**narrow, "updated_since": f"2025-{chance.randint(1, 12):02}-03T10:00:00Z"},
            ),
            f"calls, {most} filters": ("/v1/calls", whole),
        }
    found["responses that nobody gave"] = (
        "/v1/responses",
        {**TWO_YEARS, "queue": "q1", "team": "t9", "score": "1"},
    )
    for name, path in (("overview", ""), ("trends", "/trends"), ("groups", "/groups?by=queue"),
                       ("groups by agent", "/groups?by=agent"), ("responses", "/responses"),
                       ("calls", "/calls")):  # fmt: skip
        for most in (0, 1, 3):
            wanted = {"range": "364d", **filters(chance, most)}
            found[f"page {name}, {most} filters"] = (f"/console{path}", wanted)
    return found


@asynccontextmanager
async def site(db: Database, url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Both services in this process, asked as a person who is signed in and as a program."""
    settings = CommonSettings.model_validate(
        {"database_url": url, "contact_pepper": "the pepper of the bench"}
    )
    async with client() as outgoing:
        runtime = Runtime(
            settings=settings,
            db=db,
            bus=PgLogBus(db),
            http=outgoing,
            config=ConfigReader(db),
            clock=lambda: NOW,
            admission=Admission(clock=time.time, rate=1e6),
        )
        await runtime.bus.create_topics(partitions())
        app = application(SERVICES, None)
        transport = httpx.ASGITransport(app)
        claims = Claims(
            id="bench", name="bench", workspace=WORKSPACE, scopes=("admin",), until=NOW + LASTS
        )
        key = {"authorization": f"Bearer {token(claims, pepper=runtime.pepper)}"}
        async with (
            running(app, runtime, SERVICES),
            httpx.AsyncClient(transport=transport, base_url="http://bench", timeout=60) as http,
        ):
            people = console.app.people_of(runtime)
            email = f"ann{time.time_ns()}@acme.example"  # a folder that is kept knows the last one
            ann = await people.add(email, Rights(workspace=WORKSPACE, role=Role.ADMIN))
            link = await people.link(ann, by=OPERATOR)
            assert (await http.post(f"/console/sign-in/{link}")).status_code == 303
            http.headers.update(key)
            yield http
        await runtime.bus.close()


async def measure(
    http: httpx.AsyncClient, rounds: int, only: Sequence[str]
) -> dict[str, dict[str, float]]:
    chance = random.Random(1)
    times: dict[str, list[float]] = {}
    for number in range(rounds + 1):
        for name, (path, query) in requests(chance).items():
            if only and not any(one in name for one in only):
                continue
            params = {**dict(httpx.URL(path).params), **query}
            began = time.perf_counter()
            answer = await http.get(httpx.URL(path).path, params=params)
            took = 1e3 * (time.perf_counter() - began)
            assert answer.status_code == 200, (path, params, answer.text[:500])
            if number:  # a first round does not count: nothing is in memory yet
                times.setdefault(name, []).append(took)
    return {
        name: {"p50": round(quantiles(of, n=20)[9], 1), "p95": round(quantiles(of, n=20)[18], 1)}
        for name, of in times.items()
    }


async def one_size(server: Server, facts: int, given: argparse.Namespace) -> None:
    name = f"facts{facts}"
    admin = await asyncpg.connect(server.url())
    if not await admin.fetchval("select true from pg_database where datname = $1", name):
        await admin.execute(f"create database {name}")
    await admin.close()
    url = server.url(name)
    await upgrade(url, SERVICES)
    db = await Database.connect(url, statement_timeout=60.0)
    body = {"id": WORKSPACE, "name": "Acme", "zone": "UTC"}
    async with db.transaction() as connection:
        document = Document(workspace=WORKSPACE, kind="workspace", id=WORKSPACE, body=body)
        await save(connection, [document], by="bench")
    for step in (filling.facts, filling.pack, filling.sums):
        if step is filling.sums and not given.rollups:
            continue
        began = time.perf_counter()
        await step(db, facts)
        print(json.dumps({"filled": round(time.perf_counter() - began)}), flush=True)
    await filling.loosen(db, LOOSE)
    async with site(db, url) as http:
        for request, took in (await measure(http, given.rounds, given.only)).items():
            print(json.dumps({"facts": facts, "request": request, **took}), flush=True)
    await db.close()


async def run(server: Server, given: argparse.Namespace) -> None:
    for size in given.facts:
        await one_size(server, size, given)


def main(given: argparse.Namespace) -> None:
    folder = given.folder or tempfile.TemporaryDirectory()
    path = Path(folder if isinstance(folder, str) else folder.name)
    path.mkdir(exist_ok=True)
    path.chmod(0o755)  # PostgreSQL may have to run as another user
    server = Server(path / "postgres", settings={"shared_buffers": "2GB", "work_mem": "16MB"})
    server.start()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        uvloop.run(run(server, given))
    finally:
        server.stop()
        if not isinstance(folder, str):
            folder.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    sizes = [100_000, 1_000_000, 10_000_000]
    parser.add_argument("--facts", type=int, nargs="*", default=sizes, help="how many; more sizes")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--only", nargs="*", default=(), help="requests whose name has one of these"
    )
    parser.add_argument("--no-rollups", dest="rollups", action="store_false",
                        help="fill none, for requests that read none")  # fmt: skip
    parser.add_argument("--folder", help="where to keep the filled database for the next run")
    main(parser.parse_args())
