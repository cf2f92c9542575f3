"""All files in one zip: each is what it is alone, to whoever asks."""

import io
import json
import random
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import pytest

from analytics.schemas.zipped import File, zipped
from analytics.service import Intake
from analytics.testing import NOW, decision, response, told
from analytics.testing.running import Api, answered
from analytics.testing.various import some_calls
from common.process.sight import Sight

FILES = ("scores", "trend", "funnel", "response-rates", "resolution", "responses", "calls")
TAKES = {
    "scores": {"by", "compare", "question", "per", "weighted"},
    "trend": {"by", "period", "question", "per"},
    "funnel": {"by"},
    "response-rates": {"by"},
    "resolution": {"by"},
    "responses": set[str](),
    "calls": set[str](),
}
OWN = set().union(*TAKES.values())
FILTERS: list[dict[str, Any]] = [
    {},
    {"queue": ["billing", "sales"], "by": "agent", "period": "week"},
    {"by": "queue", "compare": "previous", "range": "28d", "bom": "true"},
    {"metric": "csat", "per": "metric", "period": "month", "weighted": "true"},
    {"agent": "a1", "credit": "first", "question": "score"},
    {"tag": "vip", "score": [1, 5]},
]


async def unzipped(api: Api, *, key: str = "admin", **wanted: Any) -> dict[str, str]:
    answer = await api.ask("export/all", key=key, **wanted)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="aftercall.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize("key", ["admin", "reader", "supervisor"])
async def test_each_file_of_the_zip_is_what_it_is_alone(api: Api, intake: Intake, key: str) -> None:
    await some_calls(intake, seed=5)
    who = api.person(Sight(teams=("t1",))) if key == "supervisor" else key
    for wanted in random.Random(1).sample(FILTERS, 4):
        found = await unzipped(api, key=who, **wanted)

        assert set(found) == {"filter.json", *(f"{name}.csv" for name in FILES)}
        for name in FILES:
            of_file = {k: v for k, v in wanted.items() if k not in OWN or k in TAKES[name]}
            alone = await api.ask(f"export/{name}", key=who, **of_file)
            assert found[f"{name}.csv"] == alone.content.decode(), (name, wanted)


async def test_few_answers_are_not_told_in_the_zip_either(api: Api, intake: Intake) -> None:
    await answered(intake, {f"c{number}": 5 for number in range(3)})

    [_, of_admin] = (await unzipped(api))["scores.csv"].splitlines()
    [_, of_reader] = (await unzipped(api, key="reader"))["scores.csv"].splitlines()

    assert ",3,100.0," in of_admin
    assert ",3,,,," in of_reader


async def test_every_table_has_its_mark_and_no_cell_is_a_formula(api: Api, intake: Intake) -> None:
    await intake.on_decisions(told(decision("c1")))
    await intake.on_responses(told(response("c1", 5, comment="=1+1")))

    found = await unzipped(api, bom="true")

    assert all(found[f"{name}.csv"].startswith("\ufeff") for name in FILES)
    assert "'=1+1" in found["responses.csv"]


async def test_what_was_asked_for_is_told_beside_the_files(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5})

    found = json.loads((await unzipped(api, range="7d", queue="billing"))["filter.json"])

    wanted: dict[str, Any] = {"workspace": "acme", "zone": "UTC", "from": "2026-01-09"}
    wanted |= {"to": "2026-01-15"}
    wanted |= {"queue": ["billing"], "credit": "last", "date": "call", "range": "7d"}
    assert {name: found[name] for name in wanted} == wanted


async def test_days_of_answers_have_no_funnel_in_the_zip(api: Api, intake: Intake) -> None:
    await answered(intake, {"c1": 5})

    found = await unzipped(api, date="answer")

    assert {"funnel.csv", "response-rates.csv"}.isdisjoint(found)
    assert len(found["responses.csv"].splitlines()) == 2


async def test_of_a_year_by_day_the_trend_has_the_total_alone(api: Api, intake: Intake) -> None:
    """Lines of that many points are refused alone; it would be a pity about the other files."""
    await some_calls(intake, seed=5)

    found = await unzipped(api, by="queue", range="364d")

    alone = await api.ask("export/trend", range="364d")
    assert found["trend.csv"] == alone.content.decode()
    assert "billing" in found["scores.csv"]


async def test_what_cannot_be_is_refused_before_the_first_byte(api: Api) -> None:
    for params, field in (
        ({"from_": "2020-01-01", "to": "2026-01-01"}, "query.period"),
        ({"from_": "2026-02-01", "to": "2026-01-01"}, "query.from"),
        ({"sort": "oldest"}, "query.sort"),
        ({"queu": "billing"}, "query.queu"),
    ):
        answer = await api.ask("export/all", **params)
        assert answer.status_code == 422, answer.text
        assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_the_zip_comes_as_its_files_do() -> None:
    asked: list[int] = []

    async def text() -> AsyncIterator[str]:
        for number in range(40):
            asked.append(number)
            yield "".join(random.Random(number).choices("abcdefgh", k=50_000))

    parts = zipped([File("calls.csv", text(), large=True)], at=NOW)
    first = await anext(parts)
    early = len(asked)
    rest = [part async for part in parts]

    assert early < 5
    assert max(map(len, rest)) < 100_000
    with zipfile.ZipFile(io.BytesIO(first + b"".join(rest))) as archive:
        assert archive.getinfo("calls.csv").file_size == 40 * 50_000
