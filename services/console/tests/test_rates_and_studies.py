"""Response rates, drivers and rankings on pages: what the API tells, with what it is made of."""

import asyncio
import csv
import io
from typing import Any

import pytest

from tests.console.seen import some_weeks

ALL_DAYS = [("range", "91d")]


async def test_rates_are_those_of_the_api_and_of_the_file(site: Any) -> None:
    await some_weeks(site.intake)
    await site.sign_in()
    query = [*ALL_DAYS, ("queue", "billing"), ("queue", "sales")]

    page = await site.page_of("/console/rates", query)
    answer = await site.http.get("/v1/response-rates", params=query, headers=site.key())
    link = next(one for one in page.links if "/files/response-rates.csv" in one)
    lines = list(csv.DictReader(io.StringIO((await site.http.get(link)).text)))

    told = answer.json()["response_rates"]
    rates = {one["name"]: one["value"] for one in [*told["rates"], told["opt_out_rate"]]}
    assert rates["RR1"] > 0
    assert {name: float(page.numbers[name]) for name in rates} == rates
    assert {row["rate"]: float(row["value"]) for row in lines} == rates
    for name in ("complete", "partial", "refused", "silent", "unknown", "ineligible"):
        assert page.numbers[f"class.{name}"] == str(told[name])


async def test_without_asks_there_is_no_rate(site: Any) -> None:
    await site.sign_in()
    page = await site.page("/console/rates")

    assert "No responses yet" in page.text


@pytest.mark.parametrize(
    ("what", "says"),
    [({"study_by": "agent"}, "Ranking of CSAT by agent"), ({}, "more answers are needed")],
)
async def test_a_study_is_asked_for_and_shown_when_it_is_done(
    site: Any, what: dict[str, str], says: str
) -> None:
    await some_weeks(site.intake)
    await site.sign_in()
    page = await site.page_of("/console/studies", [*ALL_DAYS, ("queue", "billing")])

    address, fields = next(one for one in page.forms if "study_metric" in one[1])
    answer = await site.http.post(address, data={**fields, "study_metric": "csat", **what})
    assert answer.status_code == 303, answer.text
    shown = await site.page(answer.headers["location"])
    while "Being reckoned" in shown.text:
        await asyncio.sleep(0.05)
        shown = await site.page(answer.headers["location"])

    assert says in shown.text
    assert "Queue: billing" in shown.text
    assert answer.headers["location"] in (await site.page("/console/studies")).links


async def test_a_study_of_nothing_is_refused(site: Any) -> None:
    await site.sign_in()
    answer = await site.post("/console/studies", study_metric="luck")

    assert answer.status_code == 422
