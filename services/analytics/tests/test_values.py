"""What there is to filter by, and that filtering by it finds what it stands for."""

from datetime import timedelta

from analytics.service import Intake, Packing
from analytics.testing import NOW, decision, response, told
from analytics.testing.running import Api
from common.config import ConfigReader
from common.database import Database
from common.events.values import Direction


async def test_values_are_those_of_the_months_and_traits_those_of_packed_days(
    intake: Intake, database: Database, api: Api
) -> None:
    old = NOW - timedelta(days=90)
    await intake.on_decisions(
        told(
            decision("c1", queue="billing", tags=("vip",), direction=Direction.OUTBOUND),
            decision("c2", queue="past", legs=(), ended_at=old, tags=("late", "vip")),
        )
    )
    await intake.on_responses(told(response("c2", 5, language="hi")))
    await Packing(database, ConfigReader(database), lambda: NOW + timedelta(days=3)).round()

    values = (await api.get("values", from_="2026-01-01", to="2026-01-31"))["values"]
    shown = {name: [one["value"] for one in of] for name, of in values.items()}

    assert shown["queue"] == ["billing"]
    assert values["agent"] == [{"value": "a1", "name": "Ana"}]
    assert shown["survey"] == ["csat"]
    assert shown["question"] == []
    assert shown["tag"] == ["late", "vip"]
    assert shown["language"] == ["hi"]
    assert shown["direction"] == ["inbound", "outbound"]
    assert shown["flow"] == ["after-call"]

    for name in ("tag", "language", "direction", "flow"):
        for value in shown[name]:
            found = await api.get("funnel", from_="2025-10-01", **{name: value})
            assert found["funnel"]["calls"], (name, value)


async def test_ratings_that_are_chosen_are_counts_and_no_figure(intake: Intake, api: Api) -> None:
    await intake.on_decisions(told(*(decision(f"c{n}") for n in range(5))))
    await intake.on_responses(told(*(response(f"c{n}", 1 + n) for n in range(5))))

    found = await api.get("scores", score=[4, 5], compare="previous")

    (score,) = found["scores"]
    assert (score["n"], score["value"], score["chosen"]) == (2, None, True)
    assert score["histogram"] == {"4": 1, "5": 1}
    assert found["funnel"]["calls"] == found["funnel"]["answered"] == 2
