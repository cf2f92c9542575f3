"""Acme's calls of the last weeks, for pages to show: asked and not, answered and not."""

from datetime import timedelta
from typing import Any

from analytics.service import Intake
from analytics.testing import NOW, decision, delivery, response, told
from common.events.calls import Leg
from common.events.decisions import Reason
from common.events.values import Channel, Metric

AGENTS = ("Asha Rao", "Ben Ortiz", "Chloe Park", "José Álvarez")
SURVEYS: tuple[dict[str, Any], ...] = (
    {"survey_id": "csat", "metric": Metric.CSAT},
    {"survey_id": "nps", "metric": Metric.NPS},
    {"survey_id": "ces", "metric": Metric.CES},
)
COMMENTS = (None, "Ben was patient & <kind>", "waited 20 minutes", None, "خدمة ممتازة")
HIGHEST = {"csat": 5, "nps": 10, "ces": 7}


async def some_weeks(intake: Intake, calls: int = 240, *, workspace: str = "acme") -> None:
    decisions, deliveries, responses = [], [], []
    for number in range(calls):
        name, survey = f"c{number}", SURVEYS[number % 3]
        agent = number % len(AGENTS)
        where: dict[str, Any] = {
            "workspace": workspace,
            "ended_at": NOW - timedelta(days=number % 56, hours=number % 7),
            "queue": ("billing", "sales", "")[number % 5 % 3],
            "legs": (
                Leg(agent_id=f"a{agent}", agent_name=AGENTS[agent], team=f"team {agent % 2}"),
            ),
            "our_number": f"+1202555019{number % 2}",
        }
        if number % 6 == 5:
            reason = (Reason.OPTED_OUT, Reason.FREQUENCY_CAP, Reason.TALK_TIME)[number % 4 % 3]
            decisions.append(decision(name, reason=reason, **where))
            continue
        decisions.append(decision(name, **where, **survey))
        deliveries.append(delivery(name, workspace=workspace))
        if number % 4 != 3:
            top = HIGHEST[survey["survey_id"]]
            responses.append(
                response(
                    name,
                    max(1, top - (number * 7 + number // 50) % (top // 2 + 1)),
                    channel=Channel.WEB if number % 11 == 0 else Channel.SMS,
                    workspace=workspace,
                    comment=COMMENTS[number % 7 % 5],
                    at=where["ended_at"] + timedelta(minutes=5),
                    **survey,
                )
            )
    await intake.on_decisions(told(*decisions, workspace=workspace))
    await intake.on_deliveries(told(*deliveries, workspace=workspace))
    await intake.on_responses(told(*responses, workspace=workspace))
