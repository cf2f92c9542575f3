"""One platform for many journeys, each in a workspace of its own, and the world around it."""

import asyncio
import itertools
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import resources
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import httpx
import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from prometheus_client.parser import text_string_to_metric_families

from common.database import Database, Row
from common.sealing import MasterKeys
from common.streams.dead_letters import GROUP as REDRIVEN
from common.topics import INTAKE_PREFIX, intake
from deploy.table import SERVICES
from sandbox.callers import Callers
from sandbox.carrier import Carrier, Text
from sandbox.ledger import CallIn, CallRequest, CarrierText, CreateRequest, Entry, Reply
from sandbox.messages import Account
from sandbox.pbx.numbers import INTERNAL, LINES
from sandbox.pbx.ours import MAPPING
from sandbox.pbx.scenario import Scenario, scenario
from sandbox.seen import WHATSAPP, seen
from sandbox.whatsapp.cloud import WhatsApp
from tests.e2e.auditor import Report, audit
from tests.e2e.evidence import pending
from tests.e2e.stack import Stack
from tests.e2e.topics import read_topics

SECRETS = {
    "AFTERCALL_SECRET_E2E_TOKEN": "the-token-of-every-account-here",
    "AFTERCALL_SECRET_E2E_OTHER_TOKEN": "a-token-that-the-carrier-does-not-know",
    "AFTERCALL_SECRET_E2E_SOURCE": "the-secret-of-every-source-here",
    "AFTERCALL_SECRET_E2E_SIGNING": "the-key-that-signs-bodies",
    "AFTERCALL_SECRET_E2E_HOOK": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}
# As installations begin: people's addresses are stored encrypted.
SEALED = {
    "AFTERCALL_MASTER_KEYS": f"1:{b64encode(b'the master key of these journeys').decode()}",
    "AFTERCALL_ENCRYPT_ADDRESSES": "true",
}
KEYS = MasterKeys.parse(SEALED["AFTERCALL_MASTER_KEYS"])
TOKEN, SOURCE_SECRET = SECRETS["AFTERCALL_SECRET_E2E_TOKEN"], SECRETS["AFTERCALL_SECRET_E2E_SOURCE"]
VENDORS = ("aircall", "freeswitch", "myoperator", "mapped-json", "cloudevents")
ONCE_A_WEEK = ({"asks": 1, "per": "7d"},)
T = TypeVar("T")


async def until(
    condition: Callable[[], Awaitable[T]], *, timeout: float = 180.0, every: float = 0.05
) -> T:
    """What the condition gives once that is true; `timeout` and `every` in seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while not (found := await condition()):
        if loop.time() > deadline:
            raise AssertionError(f"still {found!r} after {timeout} seconds")
        await asyncio.sleep(every)
    return found


async def admitted(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """What is answered once this address may be wrong again, for all tests come from one."""
    while (answer := await send()).status_code == 429:  # noqa: ASYNC110 - nobody tells when
        await asyncio.sleep(float(answer.headers["retry-after"]))
    return answer


async def each(
    items: Iterable[T], work: Callable[[T], Awaitable[Any]], *, at_once: int = 16
) -> None:
    """Does the work for every item, so many at once, in order of their start."""
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    async with asyncio.TaskGroup() as workers:
        for _ in range(at_once):
            workers.create_task(worker())


async def new_database(postgres_url: str) -> str:
    """The URL of an empty one."""
    name = f"e2e_{uuid4().hex}"
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"create database {name}")
    await connection.close()
    return postgres_url.replace("/postgres?", f"/{name}?")


async def make_topics(servers: str, namespace: str, sources: Sequence[str]) -> None:
    """Intake topics, as a vendor's administrator makes them.

    One that is made later, by ingest, is seen within half a minute only.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(namespace + intake(source), 3, 1) for source in sources]
        )
    finally:
        await admin.close()


async def calls_end(count: int, **details: Any) -> Scenario:
    """Calls that ended within the last second, when it returns; none before it was called.

    A call that is told before its end is asked about later, and another call may replace it.
    """
    made = scenario(
        count, now=datetime.now(UTC) + timedelta(seconds=1), within=timedelta(seconds=1), **details
    )
    last = max(call.ended_at for call in made.calls)
    await asyncio.sleep((last - datetime.now(UTC)).total_seconds())
    return made


def serving(path: str) -> str:
    """The service that the table gives a path to."""
    plain = f"{path.partition('?')[0]}/"
    (name,) = (
        service.name
        for service in SERVICES
        if any(plain.startswith(f"{public}/") for public in service.paths)
    )
    return name


def demo() -> dict[str, Any]:
    """The three surveys and flows of the demo."""
    text = resources.files("aftercall.demo").joinpath("demo.yaml").read_text("utf-8")
    body: dict[str, Any] = yaml.safe_load(text)
    return body


def source(tenant: str, vendor: str) -> str:
    """The id of a workspace's source; unique over workspaces."""
    return f"{tenant}-{vendor}"


def event(
    call: str,
    number: str,
    *,
    origin: str = "/pbx/main",
    ended_at: datetime | None = None,
    **data: Any,
) -> dict[str, Any]:
    """The CloudEvent of an inbound call to billing that has just ended after a minute's talk."""
    over = ended_at or datetime.now(UTC)
    return {
        "specversion": "1.0",
        "id": f"ended-{call}",
        "source": origin,
        "type": "interaction.ended.v1",
        "data": {
            "id": call,
            "kind": "call",
            "ending": "connected",
            "address": number,
            "ended_at": over.isoformat(),
            "direction": "inbound",
            "our_number": LINES["billing"],
            "queue": "billing",
            "talk_seconds": 60,
            **data,
        },
    }


@dataclass
class World:
    """The stack, the carrier, and an operator's key. `kafka`: servers."""

    stack: Stack
    carrier: Carrier
    db: Database
    http: httpx.AsyncClient
    key: str
    kafka: str
    namespace: str
    serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _named: set[str] = field(default_factory=set, init=False)

    def url(self, path: str, *, replica: int = 0) -> str:
        """Where a path is served, as the reverse proxy in front would know."""
        return self.stack.url(serving(path), replica) + path

    async def request(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        """With the operator's key. `url`: or a path."""
        headers = {"Authorization": f"Bearer {self.key}", **arguments.pop("headers", {})}
        where = self.url(url) if url.startswith("/") else url
        return await self.http.request(method, where, headers=headers, **arguments)

    async def metric(self, service: str, replica: int, name: str, **labels: str) -> float:
        """The value that a replica tells now; 0 when it has not counted any yet."""
        answer = await self.http.get(f"{self.stack.one(service, replica).internal_url}/metrics")
        return sum(
            sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    async def call(self, method: str, path: str, *, json: Any = None, **params: Any) -> Any:
        """The decoded answer of a request that must succeed."""
        answer = await self.request(method, path, params=params, json=json)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def tenant(self, name: str, **settings: Any) -> "Tenant":
        """A new workspace with an account at the carrier; `settings`: see `Tenant.configure`."""
        assert name not in self._named, f"another journey has a workspace {name}: see its rows?"
        self._named.add(name)
        number = next(self.serial)
        since = len(self.carrier.ledger)
        made = Tenant(self, name, f"AC{number:032x}", f"+1917555{100 + number:04}", since)
        self.carrier.accounts[made.sid] = Account(
            TOKEN,
            numbers=(made.sender,),
            inbound_url=f"{self.stack.url('sms-sender')}{made.inbound_path}",
        )
        await made.configure(**settings)
        return made


@dataclass(frozen=True)
class Tenant:
    """A workspace with one account and one sender number; other accounts of it end alike.

    `since`: where its ledger begins. `told`: the names of its calls that were told and taken.
    """

    world: World
    name: str
    sid: str
    sender: str
    since: int
    told: set[str] = field(default_factory=set)

    @property
    def account(self) -> str:
        return f"{self.name}-carrier"

    @property
    def inbound_path(self) -> str:
        return f"/v1/sms/callbacks/{self.account}/inbound"

    async def configure(
        self,
        *,
        flows: Sequence[Mapping[str, Any]] | None = None,
        caps: Sequence[Mapping[str, Any]] = (),
        per_second: float = 500,
        token: str = "env:AFTERCALL_SECRET_E2E_TOKEN",
        sources: Sequence[Mapping[str, Any]] | None = None,
        surveys: Sequence[Mapping[str, Any]] | None = None,
        workspace: Mapping[str, Any] = MappingProxyType({}),
        account: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Applies the whole configuration; without `flows` every connected call is asked.

        `workspace` and `account` add to theirs.
        """
        known = self.every_source() if sources is None else list(sources)
        asked = {"id": "after-call", "survey": "csat", "enabled": True, "minimum_talk": "0s"}
        sends_by = {
            "id": self.account,
            "account_sid": self.sid,
            "auth_token": token,
            "base_url": self.world.carrier.base_url,
            "in_flight": 50,
            "senders": [{"number": self.sender, "per_second": per_second}],
            **account,
        }
        body = {
            "workspaces": [{"id": self.name, "name": "Northwind", "caps": list(caps), **workspace}],
            "sources": known,
            "numbers": [
                *({"number": number, "name": f"{queue} line"} for queue, number in LINES.items()),
                *({"number": number, "use": "internal"} for number in INTERNAL),
            ],
            "accounts": [sends_by],
            "surveys": demo()["surveys"] if surveys is None else list(surveys),
            "flows": [asked] if flows is None else list(flows),
        }
        await self.world.call("PUT", "/v1/config", json=body, workspace=self.name)
        for replica in range(len(self.world.stack.processes["ingest"])):
            await until(partial(self._is_known, known[0]["id"], replica))

    async def _is_known(self, source: str, replica: int) -> bool:
        """Ingest looks for new configuration once a second."""
        url = self.world.url(f"/v1/sources/{source}/calls/not-the-secret", replica=replica)
        return (await self.world.http.post(url)).status_code == 401

    def every_source(self) -> list[dict[str, Any]]:
        """One source per vendor."""
        return [
            {
                "id": source(self.name, vendor),
                "vendor": vendor,
                "region": "US",
                "secrets": ["env:AFTERCALL_SECRET_E2E_SOURCE"],
                "mapping": MAPPING if vendor == "mapped-json" else {},
            }
            for vendor in VENDORS
        ]

    def urls(self, *, replica: int = 0) -> dict[str, str]:
        """Where each vendor posts."""
        at = {
            vendor: f"/v1/sources/{source(self.name, vendor)}/calls/{SOURCE_SECRET}"
            for vendor in VENDORS
        }
        at["cloudevents"] = f"/v1/events?workspace={self.name}"
        return {vendor: self.world.url(path, replica=replica) for vendor, path in at.items()}

    @property
    def headers(self) -> dict[str, dict[str, str]]:
        """What each vendor sends besides its body."""
        return {"cloudevents": {"Authorization": f"Bearer {self.world.key}"}}

    async def ends(self, call: str, number: str, **details: Any) -> str:
        """A call ends and is told; returns the interaction's id."""
        body = event(call, number, **details)
        answer = await self.world.call("POST", "/v1/events", json=body, workspace=self.name)
        self.told.add(call)
        return str(answer["interaction_id"])

    async def funnel(self) -> dict[str, Any]:
        found = await self.world.call("GET", "/v1/funnel", workspace=self.name)
        funnel: dict[str, Any] = found["funnel"]
        return funnel

    async def scores(self, **params: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.world.call(
            "GET", "/v1/scores", workspace=self.name, **params
        )
        return found

    async def interactions(self) -> list[str]:
        """The ids of all that was decided."""
        rows = await self.rows(
            "select interaction_id from orchestrator.decisions where workspace = $1"
        )
        return [str(row["interaction_id"]) for row in rows]

    async def decided(self, count: int, *, timeout: float = 180.0) -> list[str]:
        """The interactions, once there are so many decisions."""

        async def enough() -> list[str] | None:
            found = await self.interactions()
            return found if len(found) >= count else None

        return await until(enough, timeout=timeout) or []

    async def rows(self, query: str) -> list[Row]:
        """Of the platform's database; `$1` is the workspace."""
        async with self.world.db.connection() as connection:
            found: list[Row] = await connection.fetch(query, self.name)
        return found

    def entries(self) -> list[Entry]:
        """The ledger from its beginning on, without what is certainly other workspaces'."""
        own = CreateRequest | Reply | CarrierText | CallRequest | CallIn
        return [
            entry
            for entry in self.world.carrier.ledger.entries[self.since :]
            if not isinstance(entry, own) or entry.account.lower().endswith(self.sid[-18:])
        ]

    def _chats(self, meta: WhatsApp) -> list[Entry]:
        """Of Meta's ledger, what is not certainly other workspaces'."""
        own = {one.id for one in meta.businesses.values() if f"/{self.name}-" in one.webhook}
        return [e for e in meta.ledger.entries if getattr(e, "account", None) in {None, *own}]

    def asks(self) -> list[CreateRequest]:
        """Every request that the carrier got from this workspace's account, refused ones too."""
        return [entry for entry in self.entries() if isinstance(entry, CreateRequest)]

    def hears(self, callers: Callers) -> None:
        """These callers are this workspace's only; the carrier has others."""
        self.world.carrier.listeners.remove(callers.hear)

        def hear(text: Text) -> None:
            if text.account == self.sid:
                callers.hear(text)

        self.world.carrier.listeners.append(hear)

    async def audited(self, meta: WhatsApp | None = None) -> Report:
        """The promises, kept. To be called when it is quiet. `meta`: who carried its chats."""
        world = self.world
        outside = seen(self.entries())
        if meta is not None:
            outside += seen(self._chats(meta), written=WHATSAPP)
        topics = await read_topics(world.kafka, world.namespace)
        # Vendors' topics have dead records on purpose; ours have none.
        dead = {name: n for name, n in topics.dead.items() if not name.startswith(INTAKE_PREFIX)}
        lag = {group: n for group, n in topics.lag.items() if group != REDRIVEN}
        report = await audit(
            world.db,
            outside,
            topics=replace(topics, dead=dead, lag=lag),
            calls=self.told,
            workspace=self.name,
        )
        assert not report.wrong, report
        return report

    async def quiet(
        self, *, calls: int, still: float = 1.0, timeout: float = 240.0
    ) -> dict[str, Any]:
        """The funnel once all calls are in it and nothing has moved for `still` seconds."""
        loop = asyncio.get_running_loop()
        before: Any = None
        since = loop.time()

        async def rests() -> dict[str, Any] | None:
            nonlocal before, since
            await self.world.carrier.settled()
            waits = await pending(self.world.db, workspace=self.name)
            funnel = await self.funnel()
            now = funnel, waits, len(self.world.carrier.ledger)
            if now != before or funnel["calls"] < calls or any(waits.values()):
                before, since = now, loop.time()
            return funnel if loop.time() - since >= still else None

        try:
            found = await until(rests, timeout=timeout, every=0.1)
        except AssertionError:
            raise AssertionError(f"{self.name} does not come to rest: {before}") from None
        assert found is not None
        return found
