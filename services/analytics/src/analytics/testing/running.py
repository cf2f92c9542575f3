"""For tests that count on a database, or ask the running service."""

from dataclasses import dataclass
from typing import Any

import httpx

from analytics.domain.cells import Cell
from analytics.service import Intake
from analytics.testing import decision, response, told
from common.config.store import Document, save
from common.database import Database
from common.events.decisions import Decision
from common.events.responses import Response
from common.events.sends import Delivery
from common.process.runtime import Runtime
from common.process.sight import OWN, Sight
from common.process.tokens import LASTS, PREFIX, Claims, token

Event = Decision | Delivery | Response


async def take(intake: Intake, *events: Event) -> None:
    """In runs of one type, as a consumer hands them over."""
    handlers: dict[type[Any], Any] = {
        Decision: intake.on_decisions,
        Delivery: intake.on_deliveries,
        Response: intake.on_responses,
    }
    run: list[Event] = []
    for event in [*events, None]:
        if run and type(run[0]) is not type(event):
            await handlers[type(run[0])](told(*run))
            run = []
        if event is not None:
            run.append(event)


async def answered(intake: Intake, scores: dict[str, int], **changes: Any) -> None:
    """Calls by name, asked and answered with this score."""
    call = {key: value for key, value in changes.items() if key != "scale"}
    await intake.on_decisions(told(*(decision(name, **call) for name in scores)))
    survey = {key: changes[key] for key in ("survey_id", "metric", "scale") if key in changes}
    await intake.on_responses(
        told(*(response(name, score, **survey) for name, score in scores.items()))
    )


async def rollups(db: Database, *, grain: str = "d") -> dict[Cell, list[int]]:
    async with db.connection() as connection:
        rows = await connection.fetch("select * from analytics.rollups where grain = $1", grain)
    return {
        Cell(*(row[name] for name in Cell._fields)): row["counts"]
        for row in rows
        if any(row["counts"])
    }


async def stored(db: Database) -> list[Any]:
    async with db.connection() as connection:
        rows = await connection.fetch(
            "select workspace, interaction_id, revision, day, zone, queue, agent, reason, steps,"
            " replies, slots, answers, channel, score, answered_at, answered_day, test"
            " from analytics.facts order by interaction_id"
        )
    return [tuple(row.values()) for row in rows]


async def configure(db: Database, *, workspace: str = "acme", zone: str = "UTC") -> None:
    """A workspace."""
    body = {"id": workspace, "name": "Acme", "zone": zone}
    document = Document(workspace=workspace, kind="workspace", id=workspace, body=body)
    async with db.transaction() as connection:
        await save(connection, [document], by="tests")


@dataclass(frozen=True, slots=True)
class Api:
    """The running service, as the holder of a key calls it; `from_` stands for `from`."""

    http: httpx.AsyncClient
    runtime: Runtime

    async def get(self, path: str, *, key: str = "admin", **params: Any) -> Any:
        answer = await self.ask(path, key=key, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ask(self, path: str, *, key: str = "admin", **params: Any) -> httpx.Response:
        given = {name.rstrip("_"): value for name, value in params.items()}
        return await self.http.get(f"/v1/{path}", params=given, headers=_by(key))

    async def find(self, body: dict[str, Any], *, key: str = "reader") -> httpx.Response:
        return await self.http.post("/v1/calls/find", json=body, headers=_by(key))

    def person(self, sight: Sight, *, workspace: str = "acme") -> str:
        """In place of a key: somebody who sees some calls alone."""
        claims = Claims(
            id="somebody",
            name="somebody@acme.example",
            workspace=workspace,
            scopes=(OWN,),
            until=self.runtime.clock() + LASTS,
            sight=sight,
        )
        return token(claims, pepper=self.runtime.pepper)


def _by(key: str) -> dict[str, str]:
    """A key's name, or a token."""
    bearer = key if key.startswith(PREFIX) else f"ac_{key}_secret"
    return {"authorization": f"Bearer {bearer}"}
