"""Erased contacts: what was to be told on of them is gone, and nothing older is told on again."""

from datetime import timedelta
from typing import Any

from analytics.testing import ADDRESS, NOW, PEPPER, decision, response, told
from closed_loop.service.erasing import Erasing
from closed_loop.service.intake import Intake
from closed_loop.testing.running import Loop, until
from common.database import Database
from common.events import envelope
from common.events.consent import ContactErased
from common.ids import contact_id, erasure_id

WHO = contact_id(PEPPER, "acme", ADDRESS)
WORDS = "the queue was long"
LATER = NOW + timedelta(hours=1)


def erased() -> Any:
    return envelope(
        ContactErased(contact_id=WHO, erased_at=LATER),
        aggregate=erasure_id(WHO, LATER),
        revision=0,
        source="/orchestrator",
        time=LATER,
        workspace="acme",
    )


async def held(database: Database) -> str:
    """All rows of all tables, as text."""
    async with database.connection() as connection:
        tables = await connection.fetch(
            "select table_name from information_schema.tables where table_schema = 'closed_loop'"
        )
        rows = [
            row["row"]
            for [table] in tables
            for row in await connection.fetch(f"select t::text as row from closed_loop.{table} t")
        ]
    return "\n".join(rows)


async def test_nothing_of_them_is_left_or_comes_again(loop: Loop, database: Database) -> None:
    hears = ["response.created", "alert.raised"]
    made = await loop.webhook("http://127.0.0.1:9/", numbers="full", events=hears)
    rule = {"name": "Unhappy", "kind": "low_rating", "webhooks": [made["endpoint"]["id"]]}
    await loop.call("POST", "alerts/rules", json=rule)
    events = told(decision(), response(score=1, comment=WORDS))
    await loop.tell(*events, *told(decision("later", ended_at=LATER + timedelta(hours=1))))

    async def is_there() -> bool:
        rows = await held(database)
        return WORDS in rows and rows.count(str(WHO)) >= 3

    await until(is_there)
    shown = await loop.call("GET", f"alerts/contacts/{WHO}")
    erasing = Erasing(database, loop.runtime.bus)
    finish = await erasing.on_erased([erased()] * 2)
    await finish()

    intake = Intake(db=database, config=loop.runtime.config, committed=lambda: None)
    await intake.on_decisions(events[:1])
    await intake.on_responses(events[1:])

    assert WORDS in str(shown["tables"]["messages"])
    left = await held(database)
    assert WORDS not in left
    assert str(decision().interaction.id) not in left.replace(_seen(left), "")
    assert left.count(ADDRESS) == 1  # of the call that came later


def _seen(rows: str) -> str:
    """The row that keeps which revision of the response was seen."""
    name = str(response().id)
    return next((row for row in rows.splitlines() if name in row), "")
