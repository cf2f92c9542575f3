"""Hundreds of queries at random against a count by hand, which knows no rollup and no SQL."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from analytics.domain.cells import Dimension
from analytics.domain.contributions import Slot
from analytics.domain.figures import Per, scores, total
from analytics.domain.selection import Credit, DateOf, Period, Selection, rollup_of, start_of
from analytics.service import Intake, Reports
from analytics.testing import NOW, decision, delivery, rating, response, told
from common.config import ConfigReader
from common.database import Database
from common.events.calls import Leg
from common.events.decisions import Decision, Reason
from common.events.responses import Response
from common.events.sends import Delivery
from common.events.values import Channel, Metric

FIRST = date(2025, 11, 1)
CHANGED = NOW - timedelta(days=20)  # from then on, csat asks from 1 to 7 and `mood` is asked as NPS
QUERIES = 500
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class One:
    """A call and its last answers."""

    decision: Decision
    delivery: Delivery | None
    responses: list[Response] = field(default_factory=list)

    @property
    def counts(self) -> Response | None:
        """Of two channels, the one that was scored last."""
        scored = [one for one in self.responses if one.scored_at]
        return max(scored, key=lambda one: (one.scored_at, one.id)) if scored else None


def make_call(number: int, draw: random.Random) -> One:
    at = NOW - timedelta(days=draw.randrange(60), hours=draw.randrange(24))
    legs = [
        Leg(agent_id=f"a{draw.randrange(4)}", team=f"t{draw.randrange(3)}", talk_seconds=n * 7 % 5)
        for n in range(draw.randrange(4))
    ]
    where: dict[str, Any] = {
        "ended_at": at,
        "queue": draw.choice(["", "billing", "sales"]),
        "legs": tuple(legs),
        "site": draw.choice([None, "Pune", "Lima"]),
        "region": f"r{draw.randrange(2)}",
        "disposition": f"d{draw.randrange(3)}",
        "test": draw.random() < 0.05,
    }
    name = f"c{number}"
    if draw.random() < 0.2:
        return One(decision(name, reason=draw.choice(list(Reason)), **where), None)
    survey, metric, scale = measured(draw.choice(["csat", "nps", "mood"]), at > CHANGED)
    of_survey = {"survey_id": survey, "metric": metric}
    decided = decision(name, **where, **of_survey)
    sent = delivery(name) if draw.random() < 0.8 else None
    answers: list[Response] = []
    for channel in draw.choice([[], [Channel.SMS], [Channel.WEB], [Channel.SMS, Channel.WEB]]):
        later = at + timedelta(minutes=draw.randrange(3_000))
        more = [
            rating(draw.randint(1, 7), "ease", metric=Metric.CES) for _ in range(draw.randrange(2))
        ]
        score = draw.randint(scale[0], scale[1])
        answers.append(
            response(name, score, channel=channel, at=later, more=more, scale=scale, **of_survey)
        )
    return One(decided, sent, answers)


def measured(survey: str, changed: bool) -> tuple[str, Metric, tuple[int, int]]:
    if survey == "csat":
        return survey, Metric.CSAT, (1, 7) if changed else (1, 5)
    if survey == "mood":
        return survey, Metric.NPS if changed else Metric.MOOD, (0, 10) if changed else (1, 5)
    return survey, Metric.NPS, (0, 10)


def make_query(draw: random.Random) -> tuple[Selection, Period | None, Per]:
    first = FIRST + timedelta(days=draw.randrange(80))
    values: dict[Dimension, list[str]] = {
        Dimension.QUEUE: ["", "billing", "sales"],
        Dimension.AGENT: ["", "a0", "a1", "a2", "a3"],
        Dimension.TEAM: ["", "t0", "t1"],
        Dimension.CHANNEL: ["", "sms", "web"],
        Dimension.SITE: ["", "Pune"],
        Dimension.REGION: ["r0"],
        Dimension.DISPOSITION: ["d0", "d2"],
    }
    asked = draw.sample(list(values), draw.choice([0, 0, 1, 1, 2, 3]))

    def some(known: list[str]) -> list[str] | None:
        return draw.sample(known, 1) if draw.random() < 0.15 else None

    selection = Selection(
        workspace="acme",
        first=first,
        last=first + timedelta(days=draw.choice([0, 6, 29, 80])),
        filters={one: draw.sample(values[one], draw.randint(1, len(values[one]))) for one in asked},
        surveys=some(["csat", "nps", "mood"]),
        metrics=some(["csat", "nps", "ces"]),
        questions=some(["score", "ease"]),
        credit=draw.choice([Credit.LAST, Credit.LAST, Credit.FIRST, Credit.LONGEST]),
        date_of=draw.choice([DateOf.CALL, DateOf.CALL, DateOf.ANSWER]),
    )
    if draw.random() < 0.5:
        return selection, draw.choice(list(Period)), draw.choice(list(Per))
    by = draw.choice([None, *values])
    return replace(selection, by=by), None, draw.choice(list(Per))


def values_of(call: One, credit: Credit) -> dict[Dimension, str]:
    """By hand: what a call is found under."""
    interaction, answer = call.decision.interaction, call.counts
    legs = list(interaction.legs)
    place = {
        Credit.LAST: -1,
        Credit.FIRST: 0,
        Credit.LONGEST: max(
            range(len(legs)), key=lambda n: (legs[n].talk_seconds or 0, n), default=0
        ),
    }[credit]
    planned = call.decision.channel or ""
    return {
        Dimension.QUEUE: interaction.queue or "",
        Dimension.AGENT: (legs[place].agent_id or "") if legs else "",
        Dimension.TEAM: (legs[place].team or "") if legs else "",
        Dimension.CHANNEL: answer.channel if answer else planned,
        Dimension.SITE: interaction.site or "",
        Dimension.REGION: interaction.region or "",
        Dimension.DISPOSITION: interaction.disposition or "",
    }


def matching(
    calls: list[One], asked: Selection, period: Period | None
) -> Iterator[tuple[One, Key]]:
    """The calls of a selection, each with its group and the start of its period."""
    for call in calls:
        if call.decision.test or call.decision.interaction.test:
            continue
        answer = call.counts
        of_answer = answer.scored_at.date() if answer and answer.scored_at else None
        of_call = call.decision.interaction.ended_at.date()
        day = of_answer if asked.date_of is DateOf.ANSWER else of_call
        found = values_of(call, asked.credit)
        if day is None or not asked.first <= day <= asked.last:
            continue
        if any(found[one] not in chosen for one, chosen in asked.filters.items()):
            continue
        if asked.surveys and (call.decision.survey_id or "") not in asked.surveys:
            continue
        group = found[asked.by] if asked.by else ""
        yield call, (group, str(start_of(day, period)) if period else "")


def by_hand(
    calls: list[One], asked: Selection, period: Period | None, per: Per
) -> dict[str, Counter[Key]]:
    funnel: Counter[Key] = Counter()
    lines: Counter[Key] = Counter()
    for call, place in matching(calls, asked, period):
        decided, answer = call.decision, call.counts
        if not asked.metrics or (decided.metric or "") in asked.metrics:
            funnel[*place, "calls"] += 1
            funnel[*place, "asked"] += decided.reason is None
            funnel[*place, "answered"] += answer is not None
            gone = call.delivery is not None and decided.reason is None
            funnel[*place, "delivered"] += answer is not None or gone
        for one in answer.answers if answer else ():
            metric = one.metric or ""
            if asked.metrics and metric not in asked.metrics:
                continue
            if asked.questions and one.question_id not in asked.questions:
                continue
            scale = (one.low, one.high)
            if per is Per.QUESTION:
                lines[*place, decided.survey_id, one.question_id, metric, scale, one.value] += 1
            elif one.first:
                lines[*place, None, None, metric, scale, one.value] += 1
    return {"funnel": +funnel, "lines": +lines}


async def by_us(
    reports: Reports, asked: Selection, period: Period | None, per: Per
) -> dict[str, Counter[Key]]:
    figures = await reports.figures(asked, period, scores=True)
    funnel: Counter[Key] = Counter()
    lines: Counter[Key] = Counter()
    for place in {(row.group, row.period) for row in figures.rows}:
        rows = [row for row in figures.rows if (row.group, row.period) == place]
        counts = total(rows)
        for name in ("calls", "asked", "answered", "delivered"):
            funnel[*place, name] += counts[Slot[name.upper()]]
        for one in scores(rows, per):
            survey, question, metric, *scale = one.line
            for value, n in one.histogram.items():
                lines[*place, survey, question, metric, tuple(scale), value] += n
    return {"funnel": +funnel, "lines": +lines}


async def test_any_query_equals_a_count_by_hand(intake: Intake, database: Database) -> None:
    draw = random.Random(11)
    calls = [make_call(number, draw) for number in range(400)]
    await intake.on_decisions(told(*(call.decision for call in calls)))
    await intake.on_deliveries(told(*(call.delivery for call in calls if call.delivery)))
    await intake.on_responses(told(*(one for call in calls for one in call.responses)))
    reports = Reports(database, ConfigReader(database), b"")

    from_rollups = 0
    for _ in range(QUERIES):
        asked, period, per = make_query(draw)
        from_rollups += rollup_of(asked) is not None
        found = await by_us(reports, asked, period, per)
        assert found == by_hand(calls, asked, period, per), (asked, period, per)

    assert 100 < from_rollups < 400  # both ways were asked
