"""What figures look like: each with its n, its interval and what it is a share of."""

from collections.abc import Sequence
from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from analytics.domain.changes import Verdict, change
from analytics.domain.contributions import KEPT_AWAY, Slot
from analytics.domain.figures import FORMULAS, Per, Rate, Scored, not_asked, rate
from analytics.domain.rates import Base, ResponseRate, classes, opt_out_rate, response_rates
from analytics.domain.selection import Credit, DateOf, Period
from analytics.domain.weighting import Method, Weighted
from common.events.values import Metric
from common.scores import Estimate


class EstimateBody(BaseModel):
    """Percent and its 95 % interval; null when there is nothing to tell it from."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        return cls(value=estimate.value, low=estimate.low, high=estimate.high)


class RateBody(EstimateBody):
    """A share: percent of `denominator`."""

    numerator: int
    denominator: int

    @classmethod
    def of_rate(cls, found: Rate) -> Self:
        estimate = found.estimate
        return cls(
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            numerator=found.numerator,
            denominator=found.denominator,
        )


class BeforeBody(EstimateBody):
    """The same score of the days before."""

    n: int

    @classmethod
    def of_score(cls, scored: Scored, *, suppressed: bool) -> Self:
        one = scored.score
        if suppressed:
            return cls(value=None, low=None, high=None, n=one.n)
        return cls(value=one.value, low=one.low, high=one.high, n=one.n)


class ChangeBody(BaseModel):
    """Now less before, with the 95 % interval of the difference; `up` and `down` exclude zero."""

    value: float
    low: float | None
    high: float | None
    verdict: Verdict
    test: str

    @classmethod
    def of(cls, now: Scored, before: Scored) -> Self | None:
        found = change(now, before)
        if found is None:
            return None
        return cls(
            value=found.value,
            low=found.low,
            high=found.high,
            verdict=found.verdict,
            test=found.test,
        )


class WeightedBody(EstimateBody):
    """The score as though all who were asked had answered alike often.

    By cells of channel, queue and disposition: post-stratified, or raked to their margins where a
    cell has fewer than ten answers. No answer weighs more than five times the median one.
    """

    mean: float | None = None
    n_eff: float = Field(description="Answers that the interval is of: (sum of w)^2 / sum of w^2")
    method: Method
    trimmed: int = Field(description="Answers whose weight was cut")
    differs: bool = Field(description="From the raw figure by more than half of its interval")

    @classmethod
    def of_score(cls, raw: Scored, found: Weighted) -> Self:
        score = found.score
        return cls(
            value=score.value,
            low=score.low,
            high=score.high,
            mean=score.mean,
            n_eff=found.n_eff,
            method=found.method,
            trimmed=found.trimmed,
            differs=found.differs(raw.score),
        )


class ScoreBody(BaseModel):
    """NPS -100..100, CSAT and mood percent, CES a mean on its scale; 95 % intervals.

    Answers on different scales, or counted by different metrics, are never in one score: a survey
    that was changed has one for each.
    """

    survey: str | None = Field(description="null: all surveys (`per=metric`)")
    question: str | None = Field(description="null: the first of every survey (`per=metric`)")
    first: bool = Field(description="The first question of its survey: what `answered` counts")
    metric: Metric | None = Field(description="null: a question that has none, such as a choice")
    scale: tuple[int, int]
    value: float | None
    low: float | None
    high: float | None
    n: int
    mean: float | None = None
    easy: EstimateBody | None = None
    histogram: dict[int, int] | None = Field(description="Value -> how often it was given")
    options: dict[str, int] | None = Field(
        None, description="Of a choice: option -> how often it was chosen; it has no histogram"
    )
    formula: str | None
    suppressed: bool = Field(False, description="Too few answers to be shown to this key")
    chosen: bool = Field(
        False, description="No figure, for the filter `score` says which values are counted"
    )
    before: BeforeBody | None = Field(None, description="Of the days that `compare` names")
    change: ChangeBody | None = Field(None, description="null: nothing to compare, or not shown")
    weighted: WeightedBody | None = Field(
        None, description="null: not asked for, of a group, fewer than 30 answers, or not shown"
    )

    @classmethod
    def of(
        cls,
        scored: Scored,
        *,
        suppressed: bool,
        before: Scored | None = None,
        before_suppressed: bool = False,
        chosen: bool = False,
        weighted: Weighted | None = None,
    ) -> Self:
        """`before_suppressed`: of the days before nothing is shown but how many answers."""
        score, line = scored.score, scored.line
        known = {
            "survey": line.survey,
            "question": line.question,
            "first": scored.first,
            "metric": scored.metric,
            "scale": (line.low, line.high),
            "n": score.n,
            "formula": FORMULAS.get(scored.metric) if scored.metric else None,
            "chosen": chosen,
        }
        if suppressed:
            return cls(**known, value=None, low=None, high=None, histogram=None, suppressed=True)
        return cls(
            **known,
            value=score.value,
            low=score.low,
            high=score.high,
            mean=score.mean,
            easy=EstimateBody.of(score.easy) if score.easy else None,
            histogram=None if scored.options is not None else dict(scored.histogram),
            options=dict(scored.options) if scored.options is not None else None,
            before=BeforeBody.of_score(before, suppressed=before_suppressed) if before else None,
            change=ChangeBody.of(scored, before) if before and not before_suppressed else None,
            weighted=WeightedBody.of_score(scored, weighted) if weighted else None,
        )


class FunnelBody(BaseModel):
    """From calls to answers. Calls not asked are in no rate's denominator."""

    calls: int
    asked: int
    not_asked: dict[str, int] = Field(description="Reason -> calls")
    sent: int = Field(description="Taken by a provider")
    delivered: int
    started: int = Field(description="Said anything that counts, words without a score too")
    answered: int = Field(description="Gave a score")
    finished: int
    failed: int = Field(description="A try failed, and none was delivered")
    unknown: int = Field(description="Nobody knows whether it went out")
    cancelled: int = Field(description="Called off before it was sent")
    opted_out: int = Field(description="Not sent because the person had opted out meanwhile")
    response_rate_delivered: RateBody = Field(description="answered / delivered")
    response_rate_sent: RateBody = Field(description="answered / sent")
    do_not_survey_rate: RateBody = Field(
        description="Calls that the source said not to ask about / calls"
    )

    @classmethod
    def of(cls, counts: Sequence[int]) -> Self:
        return cls(
            calls=counts[Slot.CALLS],
            asked=counts[Slot.ASKED],
            not_asked=not_asked(counts),
            sent=counts[Slot.SENT],
            delivered=counts[Slot.DELIVERED],
            started=counts[Slot.STARTED],
            answered=counts[Slot.ANSWERED],
            finished=counts[Slot.FINISHED],
            failed=counts[Slot.FAILED],
            unknown=counts[Slot.UNKNOWN],
            cancelled=counts[Slot.CANCELLED],
            opted_out=counts[Slot.OPTED_OUT],
            response_rate_delivered=RateBody.of_rate(rate(counts, Slot.ANSWERED, Slot.DELIVERED)),
            response_rate_sent=RateBody.of_rate(rate(counts, Slot.ANSWERED, Slot.SENT)),
            do_not_survey_rate=RateBody.of_rate(rate(counts, KEPT_AWAY, Slot.CALLS)),
        )


class ResponseRateBody(EstimateBody):
    """Percent of `denominator`, which is an estimate where `e` is in the formula."""

    name: str = Field(description="RR1 to RR6, or opt-out", examples=["RR1"])
    formula: str = Field(examples=["I / (I + P + R + NC + U)"])
    base: Base = Field(description="Of all that was sent, or of what is known to have arrived")
    numerator: int
    denominator: float

    @classmethod
    def of_rate(cls, found: ResponseRate) -> Self:
        estimate = found.estimate
        return cls(
            name=found.name,
            formula=found.formula,
            base=found.base,
            numerator=found.numerator,
            denominator=found.denominator,
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
        )


class ResponseRatesBody(BaseModel):
    """Response rates of the AAPOR Standard Definitions, adapted, and the classes they are made of.

    Calls that were not asked are in no class. Who is asked again by a reminder counts once.
    """

    complete: int = Field(description="I: answered to the end")
    partial: int = Field(description="P: began to answer")
    refused: int = Field(description="R: opted out after the ask, and answered nothing")
    silent: int = Field(description="NC: delivered, or rung, without an answer")
    unknown: int = Field(description="U: nobody knows whether it arrived")
    ineligible: int = Field(description="NE: could not arrive (no such number, landline, blocked)")
    eligible_share: float = Field(description="e: (I + P + R + NC) / (I + P + R + NC + NE)")
    rates: list[ResponseRateBody]
    opt_out_rate: ResponseRateBody

    @classmethod
    def of(cls, counts: Sequence[int]) -> Self:
        found = classes(counts)
        return cls(
            complete=found.complete,
            partial=found.partial,
            refused=found.refused,
            silent=found.silent,
            unknown=found.unknown,
            ineligible=found.ineligible,
            eligible_share=found.eligible_share,
            rates=[ResponseRateBody.of_rate(one) for one in response_rates(found)],
            opt_out_rate=ResponseRateBody.of_rate(opt_out_rate(counts)),
        )


class RangeBody(BaseModel):
    """What was read: the filter as it was understood, defaults included."""

    model_config = ConfigDict(populate_by_name=True)

    workspace: str
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    zone: str
    date_of: DateOf = Field(alias="date")
    credit: Credit


class FunnelGroupBody(BaseModel):
    """One value of what was grouped by; "" is: none."""

    value: str
    name: str | None = Field(None, description="Of an agent, as the calls told it last")
    funnel: FunnelBody


class FunnelsBody(RangeBody):
    """`GET /v1/funnel`"""

    by: str | None
    funnel: FunnelBody
    groups: list[FunnelGroupBody]


class RatesGroupBody(BaseModel):
    """One value of what was grouped by; "" is: none."""

    value: str
    name: str | None = Field(None, description="Of an agent, as the calls told it last")
    response_rates: ResponseRatesBody


class RatesBody(RangeBody):
    """`GET /v1/response-rates`"""

    by: str | None
    response_rates: ResponseRatesBody
    groups: list[RatesGroupBody]


class ScoreGroupBody(BaseModel):
    """One value of what was grouped by; "" is: none. `funnel` is null for answers' dates."""

    value: str
    name: str | None = Field(None, description="Of an agent, as the calls told it last")
    scores: list[ScoreBody]
    funnel: FunnelBody | None


class ScoresBody(RangeBody):
    """`GET /v1/scores`"""

    per: Per
    by: str | None
    before_from: date | None = Field(None, description="The days that `compare` names: the first")
    before_to: date | None = Field(None, description="... and the last")
    scores: list[ScoreBody]
    funnel: FunnelBody | None
    groups: list[ScoreGroupBody]


class PointBody(BaseModel):
    """One period. `value` is null where nobody answered: a gap, not a zero."""

    label: str = Field(description="2026-01-05, 2026-W02 or 2026-01")
    start: date
    end: date
    scores: list[ScoreBody]
    funnel: FunnelBody | None


class TrendGroupBody(BaseModel):
    """One value of what was grouped by; "" is: none."""

    value: str
    name: str | None = Field(None, description="Of an agent, as the calls told it last")
    points: list[PointBody]


class TrendBody(RangeBody):
    """`GET /v1/trend`; the first and the last period may be cut by the range."""

    per: Per
    period: Period
    by: str | None = None
    points: list[PointBody] = Field(description="Of all")
    groups: list[TrendGroupBody] = Field(
        description="With `by`, in the order of their values: at most 20, those that have the most"
        " answers"
    )
    groups_left_out: int = Field(0, description="How many more there are; filter to see them")
