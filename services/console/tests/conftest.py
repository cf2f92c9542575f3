"""The console beside the services whose APIs it reads, on a database with their schemas."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

import analytics.app
import closed_loop.app
import console.app
import orchestrator.app
import sms_sender.app
from analytics.service import Intake
from analytics.testing import NOW, told
from analytics.testing.running import configure
from closed_loop.service.intake import Intake as AlertIntake
from common.bus.pglog import PgLogBus
from common.config import ConfigReader
from common.database import Database
from common.events import encode
from common.events.decisions import Decision
from common.http import client
from common.process.access import key_hash
from common.process.admission import Admission
from common.process.runtime import Runtime
from common.process.service import running
from common.process.settings import CommonSettings
from common.process.web import application
from common.topics import partitions
from console.domain.people import Rights, Role
from console.service.managing import OPERATOR, Managing
from console.service.parts import Parts
from console.service.users import Users
from orchestrator.repository.deciding.decisions import DecisionRow, insert

SERVICES = (
    orchestrator.app.service,
    analytics.app.service,
    sms_sender.app.service,
    closed_loop.app.service,
    console.app.service,
)
PASSWORD = "correct horse battery"


@pytest.fixture
def migrations() -> Sequence[Any]:
    return (
        "common.config",
        "common.bus",
        "orchestrator",
        "analytics",
        "closed_loop",
        ("sms_sender", "channel"),
        "console",
    )


@dataclass
class Time:
    """It is `now`, and a test may let time pass."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **much: float) -> None:
        self.now += timedelta(**much)


@dataclass(kw_only=True)
class Site:
    """A browser without windows; `users` and `intake` act beside it."""

    http: httpx.AsyncClient
    runtime: Runtime
    users: Users
    people: Managing
    intake: Intake
    time: Time
    app: FastAPI

    async def user(
        self,
        email: str = "ann@acme.example",
        *,
        workspace: str | None = "acme",
        role: Role = Role.ADMIN,
        teams: tuple[str, ...] = (),
        agent: str = "",
        password: str | None = None,
    ) -> str:
        """Made, with a password when one is given; the secret of a link."""
        rights = Rights(workspace=workspace, role=role, teams=teams, agent=agent)
        made = await self.people.add(email, rights)
        link = await self.people.link(made, by=OPERATOR)
        if password is not None:
            session = await self.users.follow_link(link)
            assert session is not None
            who = await self.users.signed_in(session.secret)
            assert who is not None
            assert await self.users.choose_password(who, password, current="") is None
            await self.users.sign_out(who)
        return link

    async def link(self, email: str) -> str:
        """Another link for a user."""
        return await self.people.link(await self.people.known(email), by=OPERATOR)

    async def sign_in(self, **changes: Any) -> None:
        link = await self.user(**changes)
        answer = await self.http.post(f"/console/sign-in/{link}")
        assert answer.status_code == 303, answer.text

    async def page(self, path: str = "/console", **query: Any) -> "Page":
        answer = await self.http.get(path, params={k.rstrip("_"): v for k, v in query.items()})
        assert answer.status_code == 200, answer.text
        return Page.of(answer.text)

    async def page_of(self, path: str, query: list[tuple[str, str]]) -> "Page":
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return Page.of(answer.text)

    async def decided(self, *decisions: Decision) -> None:
        """As the orchestrator remembers it."""
        async with self.runtime.db.transaction() as connection:
            await insert(
                connection,
                [
                    DecisionRow(
                        one.interaction.workspace,
                        one.interaction.id,
                        one.reason,
                        one.decided_at,
                        0,
                        encode(event),
                        one.interaction.contact_id or one.interaction.id,
                    )
                    for one, event in zip(decisions, told(*decisions), strict=True)
                ],
            )

    async def noted(self, asked: Decision, channel: str) -> None:
        """Its contact answered on the telephone, and was told more by that channel."""
        who = asked.interaction.workspace, asked.invitation_id
        interaction = asked.interaction
        async with self.runtime.db.transaction() as connection:
            await connection.execute(
                "insert into orchestrator.invitations (workspace, id, interaction_id, contact_id,"
                " flow_id, questionnaire, planned_at, answers_until, test, status, note)"
                " values ($1, $2, $3, $4, $5, $2, $6, $6, false, 'answered', $7)",
                *who,
                interaction.id,
                interaction.contact_id,
                asked.flow_id,
                asked.decided_at,
                channel,
            )
            await connection.execute(
                "insert into orchestrator.steps (workspace, invitation_id, number, kind, channel,"
                " state, due_at, send_by) values ($1, $2, 0, 'ask', 'ivr', 'delivered', $3, $3)",
                *who,
                asked.decided_at,
            )

    def key(self, workspace: str = "acme") -> dict[str, str]:
        """As a program of this workspace calls."""
        return {"authorization": f"Bearer ac_{workspace}_secret"}

    def from_(self, address: str) -> httpx.AsyncClient:
        """Another browser, at another address."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=(address, 1)), base_url="http://console"
        )

    def somewhere_else(self, service_url: str) -> None:
        """Where the console looks for the services."""
        parts = self.app.state.parts
        parts[Parts] = replace(parts[Parts], service_url=service_url)

    def closed_loop(self) -> AlertIntake:
        """What it does with decisions and responses."""
        return AlertIntake(
            db=self.runtime.db,
            config=self.runtime.config,
            committed=lambda: None,
            clock=self.time,
        )

    async def post(self, path: str, **form: str) -> httpx.Response:
        """As the page's own form would."""
        secret = (await self.page("/console/account")).fields["form_secret"]
        return await self.http.post(path, data={"form_secret": secret, **form})

    async def submit(self, page: "Page", action: str, **form: str) -> httpx.Response:
        """The form of this page whose address begins so, as it is filled in, with these."""
        address, fields = next(one for one in page.forms if one[0].startswith(action))
        return await self.http.post(address, data={**fields, **form})


@dataclass
class Page(HTMLParser):
    """What is on a page: fields, texts, and numbers by what they are called.

    `forms`: address and what a browser would post of it, the buttons aside.
    """

    text: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    forms: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    choosing: str = ""  # the select that we are in
    filling: str = ""  # the textarea

    @classmethod
    def of(cls, html: str) -> "Page":
        page = cls()
        HTMLParser.__init__(page)
        page.feed(html)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        if self.forms:
            self._fill(self.forms[-1][1], tag, given)
        if tag == "input" and "name" in given:
            self.fields[given["name"]] = given.get("value", "")
        if tag == "a":
            self.links.append(given.get("href", ""))
        if "data-name" in given:
            self.numbers[given["data-name"]] = given.get("value", "")

    def _fill(self, fields: dict[str, str], tag: str, given: dict[str, str]) -> None:
        if tag == "input" and "name" in given:
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                fields[given["name"]] = given.get("value", "")
        elif tag == "select":
            self.choosing, self.filling = given.get("name", ""), ""
        elif tag == "option" and self.choosing:
            if "selected" in given or self.choosing not in fields:
                fields[self.choosing] = given.get("value", "")
        elif tag == "textarea":
            self.choosing, self.filling = "", given.get("name", "")
            fields[self.filling] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.choosing = ""
        elif tag == "textarea":
            self.filling = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.filling:
            self.forms[-1][1][self.filling] += data


async def _add_key(database: Database, workspace: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            "insert into config.api_keys (id, workspace, name, hash, scopes)"
            " values ($1, $1, 'test', $2, $3)",
            workspace,
            key_hash("secret"),
            ["admin"],
        )


@pytest.fixture
async def site(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    """Workspaces `acme` and `other`; it is `NOW`."""
    monkeypatch.delenv("AFTERCALL_CONSOLE_SERVICE_URL", raising=False)
    monkeypatch.setenv("AFTERCALL_CLOSED_LOOP_HOSTS", "127.0.0.1")
    for workspace in ("acme", "other"):
        await configure(database, workspace=workspace)
        await _add_key(database, workspace)
    time = Time()
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
            clock=time,
            admission=Admission(clock=lambda: time().timestamp()),
        )
        await runtime.bus.create_topics(partitions())
        app = application(SERVICES, None)
        async with (
            running(app, runtime, SERVICES),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://console"
            ) as browser,
        ):
            yield Site(
                http=browser,
                runtime=runtime,
                users=console.app.users_of(runtime),
                people=console.app.people_of(runtime),
                intake=Intake(database, runtime.config),
                time=time,
                app=app,
            )
        await runtime.bus.close()
