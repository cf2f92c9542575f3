"""Calls of every kind, by chance."""

import random
from datetime import timedelta
from typing import Any

from analytics.service import Intake
from analytics.testing import NOW, decision, delivery, response, told
from common.events.calls import Leg
from common.events.decisions import Reason
from common.events.responses import ResponseState
from common.events.values import Channel, Direction, Metric


async def some_calls(intake: Intake, *, seed: int, calls: int = 120) -> None:
    """Over the thirty days before `NOW`."""
    chance = random.Random(seed)  # noqa: S311 - the same calls for the same seed
    decisions, deliveries, responses = [], [], []
    for number in range(calls):
        name = f"c{number}"
        survey: dict[str, Any] = chance.choice([{}, {"survey_id": "nps", "metric": Metric.NPS}])
        where: dict[str, Any] = {
            "ended_at": NOW - timedelta(days=chance.randrange(30), minutes=chance.randrange(300)),
            "queue": chance.choice(["", "billing", "sales"]),
            "legs": (Leg(agent_id=f"a{chance.randrange(5)}", team=f"t{chance.randrange(2)}"),),
            "site": chance.choice([None, "Pune"]),
            "disposition": f"d{chance.randrange(4)}",
            "direction": chance.choice(list(Direction)),
            "tags": tuple(chance.sample(["vip", "again", "late"], chance.randrange(3))),
            "flow_id": chance.choice(["after-call", "other"]),
        }
        if chance.random() < 0.2:
            decisions.append(decision(name, reason=chance.choice(list(Reason)), **where))
            continue
        decisions.append(decision(name, **where, **survey))
        deliveries.append(delivery(name))
        if chance.random() < 0.6:
            more: dict[str, Any] = {
                "channel": chance.choice([Channel.WEB, Channel.SMS]),
                "language": chance.choice(["en", "hi"]),
                "state": chance.choice(list(ResponseState)),
            }
            score = chance.choice([None, 1, 2, 3, 4, 5])
            responses.append(response(name, score, **survey, **more))
    await intake.on_decisions(told(*decisions))
    await intake.on_deliveries(told(*deliveries))
    await intake.on_responses(told(*responses))
