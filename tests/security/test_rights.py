"""Every route of every service, and every page, for every role: what they may, and no more."""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

import console.app
from aftercall.platform import SERVICES
from analytics.service import Intake
from analytics.testing import NOW, decision, interaction_of, response, told
from analytics.testing.running import configure
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.database import Database
from common.events import encode
from common.events.calls import Leg
from common.http import client
from common.ids import invitation_id
from common.process.access import key_hash
from common.process.runtime import Runtime
from common.process.service import running, schemas
from common.process.settings import CommonSettings
from common.process.sight import OWN, Sight
from common.process.tokens import LASTS, Claims, token
from common.process.web import application
from common.testing.databases import Package
from common.topics import partitions
from console.domain.people import Rights, Role
from console.endpoints import routers
from console.service.managing import OPERATOR
from orchestrator.repository.deciding.decisions import DecisionRow, insert
from tests.security.rights import (
    PAGES_OF_NOBODY,
    PAGES_OF_OTHERS,
    PAGES_OF_OWN,
    ROUTES,
    Who,
)

CONTRACTS = Path(__file__).parents[2] / "contracts/openapi"
PEOPLE: Mapping[str, tuple[tuple[str, ...], Sight | None]] = {
    "admin": (("admin",), None),
    "analyst": (("read",), None),
    "supervisor": ((OWN,), Sight(teams=("north",))),
    "agent": ((OWN,), Sight(agent="ann")),
}
MAY: Mapping[Who, set[str]] = {
    Who.OWN: set(PEOPLE),
    Who.READ: {"admin", "analyst"},
    Who.ADMIN: {"admin"},
}
NEEDED = {"/v1/decisions": {"source": "pbx", "call_id": "south"}}  # in a query
OURS, THEIRS = "north", "south"  # calls: of the supervisor's team and the agent; of others


@pytest.fixture
def migrations() -> Sequence[Package]:
    return schemas(SERVICES)


def _api() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for file in CONTRACTS.iterdir():  # which are what the services tell: tests/contracts
        for path, operations in json.loads(file.read_text("utf-8"))["paths"].items():
            for method, operation in operations.items():
                yield f"{method.upper()} {path}", operation


def _pages() -> Iterator[str]:
    for router in routers:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            yield from (f"{method} {route.path}" for method in route.methods)


API = dict(_api())


def test_every_route_is_declared_as_it_says_itself() -> None:
    """What a service asks for stands in its OpenAPI document; a new route is thought of here."""
    found = {}
    for route, operation in API.items():
        asked = [one for one in operation["security"] if "standardWebhooks" not in one]
        scopes = {scope for one in asked for scope in [*one.get("key", []), *one.get("person", [])]}
        if not asked:
            found[route] = Who.OPEN
        elif OWN in scopes:
            found[route] = Who.OWN
        else:
            found[route] = Who.READ if scopes == {"read"} else Who.ADMIN
    assert found == ROUTES


def test_every_page_is_declared() -> None:
    assert set(_pages()) == PAGES_OF_OWN | PAGES_OF_OTHERS | PAGES_OF_NOBODY


@pytest.fixture
async def platform(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator["Platform"]:
    """All services, with two calls of two teams, asked and answered."""
    monkeypatch.delenv("AFTERCALL_CONSOLE_SERVICE_URL", raising=False)
    for workspace in ("acme", "other"):
        await configure(database, workspace=workspace)
    settings = CommonSettings.model_validate(
        {"database_url": database_url, "contact_pepper": "the pepper of the tests"}
    )
    async with client() as outgoing:
        runtime = Runtime(
            settings=settings,
            db=database,
            bus=PgLogBus(database),
            http=outgoing,
            config=ConfigReader(database),
            clock=lambda: NOW,
        )
        await runtime.bus.create_topics(partitions())
        app = application(SERVICES, None)
        transport = httpx.ASGITransport(app)
        async with (
            running(app, runtime, SERVICES),
            httpx.AsyncClient(transport=transport, base_url="http://aftercall") as http,
        ):
            made = Platform(http, runtime)
            await made.called(OURS, Leg(agent_id="ann", team="north"))
            await made.called(THEIRS, Leg(agent_id="sam", team="south"))
            yield made
        await runtime.bus.close()


class Platform:
    def __init__(self, http: httpx.AsyncClient, runtime: Runtime) -> None:
        self.http, self.runtime = http, runtime

    async def called(self, name: str, leg: Leg) -> None:
        asked = decision(name, legs=(leg,))
        intake = Intake(self.runtime.db, self.runtime.config)
        await intake.on_decisions(told(asked))
        await intake.on_responses(told(response(name, 5)))
        (event,) = told(asked)
        contact = asked.interaction.contact_id
        assert contact is not None
        row = DecisionRow("acme", asked.interaction.id, None, NOW, 0, encode(event), contact)
        async with self.runtime.db.transaction() as connection:
            await insert(connection, [row])
            await connection.execute(
                "insert into orchestrator.invitations (workspace, id, interaction_id, contact_id,"
                " flow_id, questionnaire, planned_at, answers_until, test, status)"
                " values ('acme', $1, $2, $3, 'after-call', $1, $4, $4, false, 'answered')",
                asked.invitation_id,
                asked.interaction.id,
                contact,
                NOW,
            )
            await connection.execute(
                "insert into orchestrator.steps (workspace, invitation_id, number, kind, channel,"
                " state, due_at, send_by) values ('acme', $1, 0, 'ask', 'sms', 'delivered', $2,"
                " $2)",
                asked.invitation_id,
                NOW,
            )

    def bearer(self, person: str, *, workspace: str = "acme") -> dict[str, str]:
        scopes, sight = PEOPLE[person]
        claims = Claims(
            id=person,
            name=person,
            workspace=workspace,
            scopes=scopes,
            until=NOW + LASTS,
            sight=sight,
        )
        return {"authorization": f"Bearer {token(claims, pepper=self.runtime.pepper)}"}

    async def ask(self, route: str, headers: Mapping[str, str], *, about: str = THEIRS) -> int:
        method, path = route.split(" ")
        query = dict(NEEDED.get(path, {}))
        if "call_id" in query:
            query["call_id"] = about
        body = None if method in ("GET", "DELETE") else {}
        answer = await self.http.request(
            method, _filled(path, about), params=query, json=body, headers=headers
        )
        return answer.status_code


def _filled(path: str, about: str) -> str:
    """With ids of a call there is, and guessed ones of everything else."""
    known = {
        "interaction": interaction_of(about),
        "invitation": invitation_id(interaction_of(about), "after-call"),
        "kind": "flow",
        "change": 1,
        "what": "calls",
        "number": "+12025550190",
    }
    words = {"flow", "id", "identity", "list", "name", "source", "secret", "key_id", "path"}

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        return str(known.get(name, "guessed" if name in words else uuid4()))

    return re.sub(r"{(\w+)(?::path)?}", fill, path)


@pytest.mark.integration
async def test_every_role_is_let_in_where_it_is_declared_and_nowhere_else(
    platform: Platform,
) -> None:
    """Over HTTP: 401 for nobody, 403 for a role that may not, and something else for who may."""
    wrong: list[Any] = []
    for route, who in ROUTES.items():
        if who is Who.OPEN:
            continue
        if (status := await platform.ask(route, {})) != 401:
            wrong.append((route, "stranger", status))
        for person in PEOPLE:
            status = await platform.ask(route, platform.bearer(person))
            if (status == 403) is (person in MAY[who]) or status in (401, 429, 500):
                wrong.append((route, person, status))
    assert wrong == []


@pytest.mark.integration
async def test_a_call_of_others_is_not_there_by_its_id(platform: Platform) -> None:
    """Whatever tells of one call, for a supervisor of another team and another agent."""
    by_id = [
        route
        for route, who in ROUTES.items()
        if who is Who.OWN
        and (re.search(r"{(interaction|invitation)}", route) or "/decisions" in route)
    ]
    assert len(by_id) == 5
    for route in by_id:
        for person in ("supervisor", "agent"):
            told_of_theirs = await platform.ask(route, platform.bearer(person), about=THEIRS)
            told_of_ours = await platform.ask(route, platform.bearer(person), about=OURS)
            assert (told_of_theirs, told_of_ours) == (404, 200), (route, person)
        for person in PEOPLE:  # of another workspace
            headers = platform.bearer(person, workspace="other")
            assert await platform.ask(route, headers, about=OURS) == 404, (route, person)


@pytest.mark.integration
async def test_a_key_is_nobody_who_sees_their_own(platform: Platform) -> None:
    """A row with that scope, however it came there, lets nobody see anything."""
    async with platform.runtime.db.transaction() as connection:
        await connection.execute(
            "insert into config.api_keys (id, workspace, name, hash, scopes)"
            " values ('odd', 'acme', 'odd', $1, $2)",
            key_hash("secret"),
            [OWN],
        )
    for route, who in ROUTES.items():
        if who is Who.OWN:
            headers = {"authorization": "Bearer ac_odd_secret"}
            assert await platform.ask(route, headers) == 403, route


@pytest.mark.integration
@pytest.mark.parametrize(
    "rights",
    [
        Rights(workspace="acme", role=Role.SUPERVISOR, teams=("north",)),
        Rights(workspace="acme", role=Role.AGENT, agent="ann"),
    ],
    ids=["supervisor", "agent"],
)
async def test_pages_are_opened_to_who_may_and_refused_to_others(
    platform: Platform, rights: Rights
) -> None:
    people = console.app.people_of(platform.runtime)
    made = await people.add("somebody@acme.example", rights)
    link = await people.link(made, by=OPERATOR)
    for route in PAGES_OF_OWN | PAGES_OF_OTHERS:
        method, path = route.split(" ")
        nobody = await platform.http.request(method, _filled(path, OURS))
        assert nobody.status_code == 303, route  # to where one signs in
    await platform.http.post(f"/console/sign-in/{link}")

    for route in PAGES_OF_OTHERS:
        assert await platform.ask(route, {}) == 403, route
    for route in PAGES_OF_OWN:
        if route.startswith("GET"):
            assert await platform.ask(route, {}, about=OURS) == 200, route
    by_id = "GET /console/calls/{interaction}"
    assert await platform.ask(by_id, {}, about=THEIRS) == 404
    assert await platform.ask(by_id, {}, about=str(UUID(int=7))) == 404
