"""For tests that count on a database, or ask the running service."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from analytics.domain.contributions import Cell
from analytics.service import Intake
from analytics.testing import decision, response, told
from common.config.store import Document, save
from common.database import Database
from common.events.decisions import Decision
from common.events.responses import Response
from common.events.sends import Delivery
from common.process.runtime import Runtime

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
    await intake.on_decisions(told(*(decision(name, **changes) for name in scores)))
    await intake.on_responses(told(*(response(name, score) for name, score in scores.items())))


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
            "select interaction_id, revision, day, queue, agent, reason, steps, replies, slots,"
            " channel, score, answered_at, test from analytics.facts order by interaction_id"
        )
    return [tuple(row.values()) for row in rows]


async def configure(
    db: Database,
    *,
    workspace: str = "acme",
    zone: str = "UTC",
    scales: Sequence[tuple[Any, ...]] = (),
) -> None:
    """A workspace; `scales`: (survey, metric, low, high)."""
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("workspace", workspace, {"id": workspace, "name": "Acme", "zone": zone})
    ]
    for survey, metric, low, high in scales:
        question = {"id": "score", "kind": "rating", "text": {"en": "?"}, "scale": [low, high]}
        body = {"id": survey, "metric": metric, "questions": [question]}
        bodies.append(("survey", survey, body))
    async with db.transaction() as connection:
        await save(
            connection,
            [Document(workspace=workspace, kind=k, id=i, body=body) for k, i, body in bodies],
            by="tests",
        )


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
        headers = {"authorization": f"Bearer ac_{key}_secret"}
        return await self.http.get(f"/v1/{path}", params=given, headers=headers)
