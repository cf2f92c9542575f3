"""Recorded bodies with anything done to them, over HTTP: never a 5xx, and nothing lost.

What is answered 202 is published; what an admitted sender is refused, or not judged, is kept.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from common import topics
from common.config.store import Document, save
from common.streams.dead_letters import list_dead

VENDORS = Path(__file__).parent / "vendors"
SECRET = "the-secret-of-the-tests"
OF_EACH = 12
ODD: Sequence[Any] = (
    *(None, True, 0, -1, 10**18, 10**400, 1e308, "", " ", "\x00", "+", "nan", "é" * 400, "9" * 300),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", [], {}, [None] * 70, {"a": {"b": 1}}),
)


def mutated(body: bytes, chance: random.Random) -> bytes:
    """One value replaced, or bytes cut, doubled, swapped or put in."""
    way = chance.randrange(6)
    if way < 3:
        try:
            value = json.loads(body)
        except ValueError:
            value = None
        if found := list(_places(value)):
            for container, key in chance.sample(found, min(len(found), chance.randint(1, 3))):
                container[key] = chance.choice(ODD)
            return json.dumps(value).encode(chance.choice(("utf-8", "utf-8-sig", "utf-16")))
    at, length = chance.randrange(len(body) + 1), chance.randrange(1, 40)
    if way == 3:
        return body[:at]
    if way == 4:
        return body[:at] + chance.randbytes(length) + body[at + length :]
    return body[:at] + body[at : at + length] * 3 + body[at:]


def _places(value: Any) -> Any:
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])


@pytest.mark.parametrize("vendor", sorted(folder.name for folder in VENDORS.iterdir()))
async def test_no_body_is_a_5xx_and_none_is_lost(ingest: Any, database: Any, vendor: str) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    cases = [json.loads(path.read_text()) for path in sorted((VENDORS / vendor).glob("*.json"))]
    await _configure(database, cases)
    await asyncio.sleep(1.1)  # as old as configuration may be

    answers: Counter[int] = Counter()
    taken: list[str] = []
    kept = 0
    for number, case in enumerate(cases):
        for _ in range(OF_EACH):
            body = mutated(case["body"].encode(), chance)
            headers = {n: v for n, v in case.get("headers", {}).items() if n == "content-type"}
            answer = await ingest.http.post(
                f"/v1/sources/fuzz-{number}/calls/{SECRET}", content=body, headers=headers
            )
            assert answer.status_code in (200, 202, 400, 422), (seed, body, answer.text)
            answers[answer.status_code] += 1
            if answer.status_code == 202:
                taken.append(answer.json()["interaction_id"])
            elif answer.status_code != 200 or answer.json()["why"] == "unjudged":
                kept += 1

    told = await ingest.arrived(topics.INTERACTIONS, len(taken)) if taken else []
    published = {_id_of(json.loads(record.value)["data"]) for record in told}
    assert set(taken) <= published, seed
    dead = [
        record
        for number in range(len(cases))
        for record in await list_dead(ingest.runtime.bus, topics.intake(f"fuzz-{number}"))
    ]
    assert len(dead) == kept, (seed, answers)


def _id_of(fact: dict[str, Any]) -> str:
    """Of an end, or of an amendment of one."""
    return str(fact.get("interaction", fact)["id"])


async def _configure(database: Any, cases: Sequence[dict[str, Any]]) -> None:
    documents = [
        Document(
            workspace="acme",
            kind="source",
            id=f"fuzz-{number}",
            body={
                name: value
                for name, value in case["source"].items()
                if name not in ("signing_secrets", "settle")
            }
            | {"id": f"fuzz-{number}", "secrets": ["env:AFTERCALL_SECRET_ACME_SECRET"]},
        )
        for number, case in enumerate(cases)
    ]
    async with database.transaction() as connection:
        await save(connection, documents, by="tests")
