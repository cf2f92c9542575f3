"""Figures from analytics, as anybody with a key of the workspace reads them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx

from closed_loop.domain.falling import Measure, Week
from closed_loop.domain.rules import Rule
from common.events.values import Metric
from common.process.tokens import LASTS, Claims, token
from common.time import Clock, utc_now

LONGEST = 8 * 1024 * 1024  # bytes of an answer


class Unanswered(Exception):
    """Analytics did not tell; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`http` reaches analytics at `url`."""

    http: httpx.AsyncClient
    url: str
    pepper: bytes
    clock: Clock = utc_now

    async def scores(self, rule: Rule, first: date, last: date) -> Mapping[Measure, Sequence[Week]]:
        """Weeks of the rule's metric, a series per scale that it was asked on."""
        query = [("per", "metric"), ("metric", str(rule.metric))]
        points = await self._points(rule, query, first, last)
        series: dict[Measure, list[Week]] = {}
        for point in points:
            for score in point["scores"]:
                low, high = score["scale"]
                measure = Measure(metric=Metric(score["metric"]), low=low, high=high)
                counts = {int(value): n for value, n in (score["histogram"] or {}).items()}
                series.setdefault(measure, []).append(
                    Week(date.fromisoformat(point["start"]), counts)
                )
        return series

    async def rates(self, rule: Rule, first: date, last: date) -> Sequence[Week]:
        """Weeks of who was reached: ones answered, zeros did not."""
        return [
            Week(date.fromisoformat(point["start"]), _answered(point["funnel"]))
            for point in await self._points(rule, [], first, last)
        ]

    async def _points(
        self, rule: Rule, query: list[tuple[str, str]], first: date, last: date
    ) -> Any:
        """Raises `Unanswered`."""
        chosen = {"survey": rule.surveys, "team": rule.teams, "queue": rule.queues}
        asked = [(name, value) for name, values in chosen.items() for value in values]
        days = [("from", f"{first}"), ("to", f"{_sunday(last)}"), ("period", "week")]
        try:
            answer = await self.http.get(
                f"{self.url}/v1/trend",
                params=httpx.QueryParams([*query, *asked, *days]),
                headers={
                    "authorization": f"Bearer {self._token(rule.workspace)}",
                    "accept-encoding": "identity",
                },
                extensions={"answer": LONGEST},
            )
            answer.raise_for_status()
            return answer.json()["points"]
        except httpx.HTTPStatusError as error:
            raise Unanswered(f"analytics answered {error.response.status_code}") from None
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise Unanswered(f"analytics does not answer ({type(error).__name__})") from None

    def _token(self, workspace: str) -> str:
        claims = Claims(
            id="closed-loop",
            name="closed-loop",
            workspace=workspace,
            scopes=("admin",),  # weeks of few answers, too: they are put together
            until=self.clock() + LASTS,
        )
        return token(claims, pepper=self.pepper)


def _answered(funnel: Mapping[str, int]) -> Counter[int]:
    answered = funnel["answered"]
    return Counter({1: answered, 0: max(0, funnel["delivered"] - answered)})


def _sunday(monday: date) -> date:
    return date.fromordinal(monday.toordinal() + 6)
