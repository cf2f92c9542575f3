"""The REST API of a running orchestrator: who may do what, and what the answers say."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from common.bus import Message
from common.config.store import Document, save
from common.db import Database
from common.events import encode, envelope
from common.events.calls import Interaction
from common.ids import contact_id, interaction_id, invitation_id
from common.service import Runtime
from common.topics import INTERACTIONS
from common.web import key_hash
from orchestrator.testing import CALLER, PEPPER, call, documents

KEYS: dict[str, tuple[str | None, list[str]]] = {
    "operator": (None, ["admin"]),
    "admin": ("acme", ["admin"]),
    "reader": ("acme", ["read"]),
    "consenter": ("acme", ["consent:write"]),
    "configurer": ("acme", ["config:write", "read"]),
    "stranger": ("other", ["admin"]),
}


@dataclass(frozen=True, slots=True)
class Running:
    """The application with its consumers, and a client per key."""

    runtime: Runtime
    client: httpx.AsyncClient

    async def ask(self, key: str, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer ac_{key}_secret"}
        return await self.client.request(method, path, headers=headers, **request)

    async def ended(self, *interactions: Interaction) -> None:
        """Ingest says so."""
        await self.runtime.bus.publish(
            [
                Message(INTERACTIONS, str(one.contact_id).encode(), encode(_event(one)))
                for one in interactions
            ]
        )


def _event(one: Interaction) -> Any:
    return envelope(
        one,
        aggregate=one.id,
        revision=0,
        source="/ingest",
        time=one.ended_at,
        workspace=one.workspace,
    )


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What `look` returns once it is true; some seconds at most."""
    for _ in range(200):
        if found := await look():
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("it never happened")


@pytest.fixture
async def api(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    monkeypatch.setenv("AFTERCALL_DATABASE_URL", database_url)
    monkeypatch.setenv("AFTERCALL_CONTACT_PEPPER", PEPPER.decode())
    monkeypatch.delenv("AFTERCALL_KAFKA_BOOTSTRAP_SERVERS", raising=False)
    async with database.transaction() as connection:
        await connection.executemany(
            "insert into config.api_keys (id, workspace, name, hash, scopes)"
            " values ($1, $2, $1, $3, $4)",
            [(key, of, key_hash("secret"), scopes) for key, (of, scopes) in KEYS.items()],
        )
        other = {"id": "other", "name": "Other"}
        await save(
            connection,
            [Document(workspace="other", kind="workspace", id="other", body=other)],
            by="tests",
        )
    async with running() as started:
        yield started


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    from orchestrator.app import app  # its settings come from the environment

    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://orchestrator") as client,
    ):
        yield Running(app.state.runtime, client)


@pytest.fixture
async def acme(api: Running) -> Running:
    """Configured over the API."""
    applied = await api.ask("configurer", "PUT", "/v1/config", json=documents())
    assert applied.status_code == 200
    return api


def fresh(name: str = "c1", **changes: Any) -> Interaction:
    """A call that ends now: the application lives in real time."""
    return call(name, **{"ended_at": datetime.now(UTC) + timedelta(seconds=1), **changes})


async def test_from_a_call_to_its_decision_and_invitation(acme: Running) -> None:
    await acme.ended(fresh(), fresh("missed", ending="missed", address="+12025550102"))
    identity = interaction_id("acme", "pbx", "c1")

    async def decided() -> Any:
        answer = await acme.ask("reader", "GET", f"/v1/decisions/{identity}")
        return answer.json() if answer.status_code == 200 else None

    decision = await until(decided)
    assert (decision["verdict"], decision["flow_id"]) == ("invite", "csat-flow")
    assert decision["interaction"]["address"] == "+1202…01"
    missed = await acme.ask("reader", "GET", "/v1/decisions?source=pbx&call_id=missed")
    assert missed.json()["reason"] == "not_connected"
    path = f"/v1/invitations/{invitation_id(identity, 'csat-flow')}"

    async def asked() -> Any:
        answer = (await acme.ask("reader", "GET", path)).json()
        return answer if answer["status"] == "asked" else None

    invitation = await until(asked)
    assert invitation["steps"][0]["state"] == "with_sender"
    assert invitation["survey_id"] == "csat"
    found = await acme.ask("reader", "GET", "/v1/contacts", params={"address": CALLER})
    assert [ask["flow_id"] for ask in found.json()["asks"]] == ["csat-flow"]


async def test_an_opt_out_by_the_api_holds(acme: Running) -> None:
    body = {"address": "001 202 555 0101", "channel": "all", "state": "withdrawn"}
    put = await acme.ask("consenter", "PUT", "/v1/consent", json=body)
    assert put.status_code == 200
    who = put.json()["contact_id"]
    assert who == str(contact_id(PEPPER, "acme", CALLER))

    await acme.ended(fresh())

    async def refused() -> Any:
        answer = await acme.ask("reader", "GET", "/v1/decisions?source=pbx&call_id=c1")
        return answer.status_code == 200 and answer.json()["reason"]

    assert await until(refused) == "opted_out"
    contact = await acme.ask("reader", "GET", f"/v1/contacts/{who}")
    assert contact.json()["consent"] == {"all": "withdrawn"}
    assert contact.json()["address"] == "+1202…01"
    ledger = await acme.ask("reader", "GET", f"/v1/contacts/{who}/consent")
    assert [(e["channel"], e["source"]) for e in ledger.json()["entries"]] == [("all", "api")]


async def test_an_import_stores_the_good_rows_and_names_the_others(acme: Running) -> None:
    rows = [
        {"address": "+12025550111", "channel": "sms", "state": "withdrawn"},
        {"address": "12", "channel": "sms", "state": "withdrawn"},
        {"channel": "sms", "state": "withdrawn"},
        {"address": "+12025550112", "channel": "pigeon", "state": "no"},
        {"address": "A@Example.org", "channel": "email", "state": "granted"},
        "x",
        {
            "address": "+12025550113",
            "channel": "sms",
            "state": "granted",
            "occurred_at": "2099-01-01T00:00:00Z",
        },
    ]

    answer = (await acme.ask("consenter", "POST", "/v1/consent/import", json=rows)).json()

    assert answer["stored"] == 2
    assert [(e["row"], e["field"]) for e in answer["errors"]] == [
        (1, "address"),
        (2, "address"),
        (3, "channel"),
        (3, "state"),
        (5, ""),
        (6, "occurred_at"),
    ]


@pytest.mark.parametrize(
    ("key", "method", "path", "status"),
    [
        ("reader", "PUT", "/v1/config", 403),
        ("reader", "PUT", "/v1/consent", 403),
        ("consenter", "GET", "/v1/flows", 403),
        ("configurer", "POST", "/v1/keys", 403),
        ("nobody", "GET", "/v1/flows", 401),
        ("reader", "GET", "/v1/flows?workspace=other", 403),
        ("operator", "GET", "/v1/flows", 422),
        ("operator", "GET", "/v1/flows?workspace=acme", 200),
        ("operator", "GET", "/v1/flows?workspace=nowhere", 404),
        ("reader", "GET", "/v1/decisions/x", 422),
        ("reader", "GET", "/v1/decisions?source=pbx", 422),
        ("reader", "GET", "/v1/decisions?source=pbx&call_id=never", 404),
        ("reader", "GET", "/v1/invitations/00000000-0000-0000-0000-000000000000", 404),
        ("reader", "GET", "/v1/contacts?address=12", 422),
        ("reader", "GET", "/v1/contacts?address=%2B12025550199", 404),
        ("admin", "DELETE", "/v1/keys/never", 404),
        ("admin", "DELETE", "/v1/keys/stranger", 404),
    ],
)
async def test_who_may_do_what(
    acme: Running, key: str, method: str, path: str, status: int
) -> None:
    assert (await acme.ask(key, method, path)).status_code == status


async def test_a_stranger_sees_nothing_of_us(acme: Running) -> None:
    await acme.ended(fresh())
    identity = interaction_id("acme", "pbx", "c1")
    paths = [
        f"/v1/decisions/{identity}",
        f"/v1/invitations/{invitation_id(identity, 'csat-flow')}",
        f"/v1/contacts/{contact_id(PEPPER, 'acme', CALLER)}",
    ]

    async def visible() -> bool:
        answers = [await acme.ask("reader", "GET", path) for path in paths]
        return all(answer.status_code == 200 for answer in answers)

    await until(visible)
    answers = [await acme.ask("stranger", "GET", path) for path in paths]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    ledger = await acme.ask("stranger", "GET", f"{paths[2]}/consent")
    assert ledger.json()["entries"] == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{", 400, None),
        (b"[" * 100_000, 400, None),
        (b"\xff", 400, None),
        (b"3", 422, ""),
        (b'{"address":"+12025550101","channel":"sms"}', 422, "state"),
        (b'{"address":"+12025550101","channel":"sms","state":"no"}', 422, "state"),
        (b'{"address":"+12025550101","channel":"sms","state":"granted","x":1}', 422, "x"),
        (b'{"address":"a\\u0000@b.org","channel":"sms","state":"granted"}', 422, "address"),
        (
            b'{"address":"+12025550101","channel":"sms","state":"granted",'
            b'"occurred_at":"2026-01-01T00:00:00"}',
            422,
            "occurred_at",
        ),
        (b'"' + b"x" * 300_000 + b'"', 413, None),
    ],
)
async def test_bad_bodies_are_refused(
    api: Running, body: bytes, status: int, field: str | None
) -> None:
    answer = await api.ask("consenter", "PUT", "/v1/consent", content=body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if field is not None:
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_configuration_over_the_api(api: Running) -> None:
    dry = await api.ask("configurer", "PUT", "/v1/config?dry_run=true", json=documents())
    applied = await api.ask("operator", "PUT", "/v1/config", json=documents())
    assert dry.json()["changes"] == applied.json()["changes"]
    assert dry.json()["version"] is None
    assert applied.json()["workspace"] == "acme"

    exported = (await api.ask("configurer", "GET", "/v1/config")).json()
    assert exported == documents()
    again = await api.ask("configurer", "PUT", "/v1/config?prune=true", json=exported)
    assert again.json()["changes"] == []

    off = await api.ask("configurer", "PATCH", "/v1/flows/csat-flow", json={"enabled": False})
    assert off.json()["changes"] == [
        {"change": "changed", "kind": "flow", "id": "csat-flow", "fields": ["enabled"]}
    ]
    flows = (await api.ask("reader", "GET", "/v1/flows")).json()["flows"]
    assert [(f["id"], f["version"], f["enabled"]) for f in flows] == [("csat-flow", 2, False)]
    changes = (await api.ask("configurer", "GET", "/v1/config/changes?kind=flow&limit=1")).json()
    [change] = changes["changes"]
    assert (change["changed_by"], change["version"]) == ("configurer (configurer)", 2)
    assert changes["next"] == change["id"]
    unknown = await api.ask("configurer", "PATCH", "/v1/flows/x", json={"enabled": True})
    assert unknown.status_code == 404
    surveys = (await api.ask("reader", "GET", "/v1/surveys")).json()["surveys"]
    assert [survey["id"] for survey in surveys] == ["csat"]
    seen = (await api.ask("reader", "GET", "/v1/workspaces")).json()["workspaces"]
    assert [workspace["id"] for workspace in seen] == ["acme"]


async def test_errors_of_a_file_are_told_by_place(api: Running) -> None:
    answer = await api.ask(
        "configurer", "PUT", "/v1/config", json=documents(flow={"survey": "nps"})
    )

    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "flows.0.survey", "message": "there is no survey nps"}
    ]


async def test_keys_are_made_shown_once_and_revoked(acme: Running) -> None:
    body = {"name": "CRM", "scopes": ["read"]}
    made = (await acme.ask("admin", "POST", "/v1/keys", json=body)).json()
    assert made["workspace"] == "acme"
    headers = {"authorization": f"Bearer {made['key']}"}
    assert (await acme.client.get("/v1/flows", headers=headers)).status_code == 200

    listed = (await acme.ask("admin", "GET", "/v1/keys")).json()["keys"]
    assert {key["id"] for key in listed} == {
        made["id"], "admin", "reader", "consenter", "configurer",
    }  # fmt: skip
    assert "key" not in listed[0]
    gone = await acme.ask("admin", "DELETE", f"/v1/keys/{made['id']}")
    assert gone.status_code == 204

    async def refused() -> bool:
        return (await acme.client.get("/v1/flows", headers=headers)).status_code == 401

    await until(refused)


async def test_a_workspace_s_admin_makes_keys_of_that_workspace_only(acme: Running) -> None:
    body = {"name": "x", "scopes": ["admin"], "workspace": "other"}

    assert (await acme.ask("admin", "POST", "/v1/keys", json=body)).status_code == 403


async def test_health(api: Running) -> None:
    assert (await api.client.get("/livez")).status_code == 200
    assert (await api.client.get("/readyz")).status_code == 200
    assert "aftercall_decisions_total" in (await api.client.get("/metrics")).text
