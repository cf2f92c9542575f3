"""The API of analytics. Written from its OpenAPI document by `make contracts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NotRequired, Optional, Required, TypeAlias, TypedDict, Unpack

from aftercall_client.operation import Operation


class AnswerBody(TypedDict):
    """
    `metric` and `scale`: what the value was measured by when it was given.

    `option`: what was chosen; `value` is its place among those that were offered.
    """

    question_id: str
    kind: str
    metric: str | None
    scale: tuple[int, int] | None
    value: int | None
    option: str | None
    text: str | None
    answered_at: str


Base: TypeAlias = Literal["sent", "delivered"]
"""
What a rate is a share of.
"""


class BeforeBody(TypedDict):
    """
    The same score of the days before.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


class CallSearch(TypedDict):
    """
    Whose calls, or which one: a number or e-mail address, or the source's own name for it.
    """

    address: NotRequired[str | None]
    call_id: NotRequired[str | None]
    days: NotRequired[int]
    """
    How many days to look back
    """
    limit: NotRequired[int]
    """
    Calls that are told, the newest first
    """


Compare: TypeAlias = Literal["previous", "year"]
"""
With as many days just before, or with those 364 days earlier, which match the weekday.
"""


Credit: TypeAlias = Literal["last", "first", "longest", "all"]
"""
Which agent (and team) a transferred call is put down to.
"""


DateOf: TypeAlias = Literal["call", "answer"]
"""
Whether a day is that of the call or that of the answer.
"""


Direction: TypeAlias = Literal["inbound", "outbound", "internal"]


class DriverBody(TypedDict):
    """
    `share` is percent of R squared, with its 95 % interval by 500 bootstrap draws.
    """

    name: str
    share: float
    low: float
    high: float
    shapley: float | None
    """
    The share by another way (LMG); up to 12 inputs
    """
    spearman: float
    """
    Rank correlation of the input alone, -1 to 1
    """
    found: bool
    """
    By Benjamini and Hochberg at 10 %
    """
    effect: float
    """
    Points of the share of good scores per standard deviation
    """
    inflation: float
    """
    Of variance; above 5 inputs are hardly told apart
    """
    suppressor: bool
    """
    Its sign among the others is not its sign alone
    """


class DriversBody(TypedDict):
    """
    Association, not cause. An input that does nothing still gets some percent.
    """

    answers: int
    """
    The newest calls with this metric, 20,000 at most
    """
    n: int
    """
    Of these, whose wait and talk are known
    """
    left_out_calls: int
    r_squared: float
    """
    0 to 1: how much of the scores all inputs tell
    """
    tentative: bool
    """
    Fewer than 400 answers: a first hint
    """
    winner: str | None
    """
    null: the first leads by no more than chance
    """
    drivers: list[DriverBody]
    left_out: dict[str, str]
    """
    Input -> why it says nothing of its own
    """


class EstimateBody(TypedDict):
    """
    Percent and its 95 % interval; null when there is nothing to tell it from.
    """

    value: float | None
    low: float | None
    high: float | None


class Held(TypedDict):
    """
    `tables`: rows by table, as they are; `cut`: tables that hold more than is told.
    """

    contact_id: str
    workspace: str
    tables: dict[str, list[dict[str, Any]]]
    cut: list[str]


Method: TypeAlias = Literal["post_stratified", "raked"]


Metric: TypeAlias = Literal["csat", "nps", "ces", "mood", "unknown"]
"""
Declared in the survey, never guessed from the scale. `unknown`: a word of a newer version; never to be sent to us.
"""


MetricInput: TypeAlias = Literal["csat", "nps", "ces", "mood"]
"""
Declared in the survey, never guessed from the scale.
"""


Per: TypeAlias = Literal["question", "metric"]
"""
What one score is about: a question of a survey, or a metric over all first questions.
"""


Period: TypeAlias = Literal["day", "week", "month"]
"""
Weeks are ISO weeks and begin on Monday.
"""


class Error(TypedDict):
    field: str
    """
    A dotted path, as data.ended_at.
    """
    message: str


class Problem(TypedDict):
    """
    RFC 9457.
    """

    type: str
    """
    What programs tell it by: `contracts/problems.md` has all.
    """
    title: str
    status: int
    detail: NotRequired[str]
    errors: NotRequired[list[Error]]
    """
    Every wrong field.
    """


Range: TypeAlias = Literal[
    "today", "yesterday", "7d", "28d", "91d", "364d", "this_month", "last_month", "this_year"
]
"""
Days told from today, in the workspace's zone; today is the last one.
"""


class RankedBody(TypedDict):
    """
    `shrunken`, with its 90 % interval: what the group shows, drawn towards all groups' mean.
    """

    group: str
    name: str | None
    """
    Of an agent
    """
    n: int
    value: float | None
    """
    As it was answered; null: too few to be shown
    """
    shrunken: float | None
    low: float | None
    high: float | None
    better: float | None
    """
    Probability that it is better than the mean, 0 to 1
    """
    rank: int | None
    """
    From 1; null: fewer than 10 answers
    """


class RankingBody(TypedDict):
    """
    Groups, the best first; those with fewer than ten answers come last and have no rank.
    """

    scale: tuple[int, int]
    mean: float
    """
    Of groups, in the score's unit
    """
    spread: float
    """
    Standard deviation between groups, chance aside
    """
    groups: list[RankedBody]


class RateBody(TypedDict):
    """
    A share: percent of `denominator`.
    """

    value: float | None
    low: float | None
    high: float | None
    numerator: int
    denominator: int


class ResolutionBody(TypedDict):
    """
    Percent of `n`: calls in that were connected and whose caller did not call again in time.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    """
    Of how many it is known: resolved and called again
    """
    resolved: int
    called_again: int
    """
    Within seven days, whatever became of that call
    """
    pending: int
    """
    Not known yet: of the last ten days, or being reckoned
    """
    unknown_callers: int
    """
    In no share: without a number or an address, or forgotten before it was known
    """


class ResolutionGroupBody(TypedDict):
    """
    One value of what was grouped by; "" is: none.
    """

    value: str
    name: NotRequired[str | None]
    """
    Of an agent, as the calls told it last
    """
    resolution: ResolutionBody


ResolutionsBody = TypedDict(
    "ResolutionsBody",
    {
        "workspace": str,
        "from": str,
        "to": str,
        "zone": str,
        "date": DateOf,
        "credit": Credit,
        "by": str | None,
        "resolution": ResolutionBody,
        "groups": list[ResolutionGroupBody],
    },
)


class ResponseRateBody(TypedDict):
    """
    Percent of `denominator`, which is an estimate where `e` is in the formula.
    """

    value: float | None
    low: float | None
    high: float | None
    name: str
    """
    RR1 to RR6, or opt-out
    """
    formula: str
    base: Base
    """
    Of all that was sent, or of what is known to have arrived
    """
    numerator: int
    denominator: float


class ResponseRatesBody(TypedDict):
    """
    Response rates of the AAPOR Standard Definitions, adapted, and the classes they are made of.

    Calls that were not asked are in no class. Who is asked again by a reminder counts once.
    """

    complete: int
    """
    I: answered to the end
    """
    partial: int
    """
    P: began to answer
    """
    refused: int
    """
    R: opted out after the ask, and answered nothing
    """
    silent: int
    """
    NC: delivered, or rung, without an answer
    """
    unknown: int
    """
    U: nobody knows whether it arrived
    """
    ineligible: int
    """
    NE: could not arrive (no such number, landline, blocked)
    """
    eligible_share: float
    """
    e: (I + P + R + NC) / (I + P + R + NC + NE)
    """
    rates: list[ResponseRateBody]
    opt_out_rate: ResponseRateBody


Sort: TypeAlias = Literal["newest", "oldest", "lowest_score"]
"""
Of lists. Those of one score come the newest first, and those without a score last.
"""


State: TypeAlias = Literal["waiting", "running", "done", "failed"]


Study: TypeAlias = Literal["drivers", "ranking"]


class StudyBody(TypedDict):
    """
    A study: how far it is, and its result once it is done. It is kept for 90 days.
    """

    id: str
    kind: Study
    question: dict[str, Any]
    """
    The filter, as it was understood
    """
    state: State
    progress: float
    """
    0 to 1
    """
    problem: str | None
    """
    Why it failed, such as too few answers
    """
    drivers: NotRequired[DriversBody | None]
    ranking: NotRequired[RankingBody | None]
    asked_at: str
    done_at: str | None


class SupersededBody(TypedDict):
    """
    An answer on another channel that another one replaced.
    """

    channel: str
    score: int | None
    answered_at: str


class TryBody(TypedDict):
    """
    What became of one try: the ask, or its reminder.
    """

    kind: str
    channel: str
    status: str
    at: str
    failure: str | None
    reason: str | None


class ValueBody(TypedDict):
    """
    A value of a parameter; "" is: none.
    """

    value: str
    name: NotRequired[str | None]
    """
    Of an agent, as the calls told it last
    """


ValuesBody = TypedDict(
    "ValuesBody",
    {
        "workspace": str,
        "from": str,
        "to": str,
        "values": dict[str, list[ValueBody]],
    },
)


Verdict: TypeAlias = Literal["up", "down", "no_clear_change"]


class WeightedBody(TypedDict):
    """
    The score as though all who were asked had answered alike often.

    By cells of channel, queue and disposition: post-stratified, or raked to their margins where a cell has fewer than ten answers. No answer weighs more than five times the median one.
    """

    value: float | None
    low: float | None
    high: float | None
    mean: NotRequired[float | None]
    n_eff: float
    """
    Answers that the interval is of: (sum of w)^2 / sum of w^2
    """
    method: Method
    trimmed: int
    """
    Answers whose weight was cut
    """
    differs: bool
    """
    From the raw figure by more than half of its interval
    """


class CallBody(TypedDict):
    """
    A call and its decision. `address` is masked; "" in a key is: none.
    """

    interaction_id: str
    day: str
    """
    Of the call's end, in `zone`
    """
    zone: str
    """
    Of the workspace, when it was decided
    """
    ended_at: str
    source: str | None
    call_id: str | None
    contact_id: str | None
    address: str | None
    country: str | None
    kind: str
    ending: str
    direction: str | None
    queue: str
    agent: str
    agent_name: str
    team: str
    agents: list[str]
    teams: list[str]
    number: str
    site: str
    region: str
    disposition: str
    tags: list[str]
    talk_seconds: float | None
    wait_seconds: float | None
    hold_seconds: float | None
    transfers: int
    asked: bool
    reason: str | None
    """
    Why it was not asked
    """
    decided_at: str
    flow_id: str | None
    flow_version: int | None
    invitation_id: str | None
    survey: str
    metric: str
    channel: str
    tries: list[TryBody]
    score: int | None
    answered_at: str | None


CallsBody = TypedDict(
    "CallsBody",
    {
        "workspace": str,
        "from": str,
        "to": str,
        "zone": str,
        "date": DateOf,
        "credit": Credit,
        "calls": list[CallBody],
        "next_cursor": str | None,
    },
)


class ChangeBody(TypedDict):
    """
    Now less before, with the 95 % interval of the difference; `up` and `down` exclude zero.
    """

    value: float
    low: float | None
    high: float | None
    verdict: Verdict
    test: str


class FoundCalls(TypedDict):
    """
    `POST /v1/calls/find`; tests, which count nowhere, are among them.
    """

    calls: list[CallBody]


class FunnelBody(TypedDict):
    """
    From calls to answers. Calls not asked are in no rate's denominator.
    """

    calls: int
    asked: int
    not_asked: dict[str, int]
    """
    Reason -> calls
    """
    sent: int
    """
    Taken by a provider
    """
    delivered: int
    started: int
    """
    Said anything that counts, words without a score too
    """
    answered: int
    """
    Gave a score
    """
    finished: int
    failed: int
    """
    A try failed, and none was delivered
    """
    unknown: int
    """
    Nobody knows whether it went out
    """
    cancelled: int
    """
    Called off before it was sent
    """
    opted_out: int
    """
    Not sent because the person had opted out meanwhile
    """
    response_rate_delivered: RateBody
    """
    answered / delivered
    """
    response_rate_sent: RateBody
    """
    answered / sent
    """
    do_not_survey_rate: RateBody
    """
    Calls that the source said not to ask about / calls
    """


class FunnelGroupBody(TypedDict):
    """
    One value of what was grouped by; "" is: none.
    """

    value: str
    name: NotRequired[str | None]
    """
    Of an agent, as the calls told it last
    """
    funnel: FunnelBody


FunnelsBody = TypedDict(
    "FunnelsBody",
    {
        "workspace": str,
        "from": str,
        "to": str,
        "zone": str,
        "date": DateOf,
        "credit": Credit,
        "by": str | None,
        "funnel": FunnelBody,
        "groups": list[FunnelGroupBody],
    },
)


class RatesGroupBody(TypedDict):
    """
    One value of what was grouped by; "" is: none.
    """

    value: str
    name: NotRequired[str | None]
    """
    Of an agent, as the calls told it last
    """
    response_rates: ResponseRatesBody


class ResponseBody(TypedDict):
    """
    A call with the answer that counts. `state`: in_progress (partial) or finished.
    """

    interaction_id: str
    day: str
    """
    Of the call's end, in `zone`
    """
    zone: str
    """
    Of the workspace, when it was decided
    """
    ended_at: str
    source: str | None
    call_id: str | None
    contact_id: str | None
    address: str | None
    country: str | None
    kind: str
    ending: str
    direction: str | None
    queue: str
    agent: str
    agent_name: str
    team: str
    agents: list[str]
    teams: list[str]
    number: str
    site: str
    region: str
    disposition: str
    tags: list[str]
    talk_seconds: float | None
    wait_seconds: float | None
    hold_seconds: float | None
    transfers: int
    asked: bool
    reason: str | None
    """
    Why it was not asked
    """
    decided_at: str
    flow_id: str | None
    flow_version: int | None
    invitation_id: str | None
    survey: str
    metric: str
    channel: str
    tries: list[TryBody]
    score: int | None
    answered_at: str | None
    response_id: str
    state: str
    language: str
    survey_version: int
    started_at: str
    changed_at: str | None
    """
    When this row changed last, by our database's clock; null: before that was kept
    """
    comment: str | None
    answers: list[AnswerBody]
    superseded: list[SupersededBody]


ResponsesBody = TypedDict(
    "ResponsesBody",
    {
        "workspace": str,
        "from": str,
        "to": str,
        "zone": str,
        "date": DateOf,
        "credit": Credit,
        "responses": list[ResponseBody],
        "next_cursor": str | None,
        "updated_until": NotRequired[str | None],
    },
)


class ScoreBody(TypedDict):
    """
    NPS -100..100, CSAT and mood percent, CES a mean on its scale; 95 % intervals.

    Answers on different scales, or counted by different metrics, are never in one score: a survey that was changed has one for each.
    """

    survey: str | None
    """
    null: all surveys (`per=metric`)
    """
    question: str | None
    """
    null: the first of every survey (`per=metric`)
    """
    first: bool
    """
    The first question of its survey: what `answered` counts
    """
    metric: Metric | None
    """
    null: a question that has none, such as a choice
    """
    scale: tuple[int, int]
    value: float | None
    low: float | None
    high: float | None
    n: int
    mean: NotRequired[float | None]
    easy: NotRequired[EstimateBody | None]
    histogram: dict[str, int] | None
    """
    Value -> how often it was given
    """
    options: NotRequired[dict[str, int] | None]
    """
    Of a choice: option -> how often it was chosen; it has no histogram
    """
    formula: str | None
    suppressed: NotRequired[bool]
    """
    Too few answers to be shown to this key
    """
    chosen: NotRequired[bool]
    """
    No figure, for the filter `score` says which values are counted
    """
    before: NotRequired[BeforeBody | None]
    """
    Of the days that `compare` names
    """
    change: NotRequired[ChangeBody | None]
    """
    null: nothing to compare, or not shown
    """
    weighted: NotRequired[WeightedBody | None]
    """
    null: not asked for, of a group, fewer than 30 answers, or not shown
    """


class ScoreGroupBody(TypedDict):
    """
    One value of what was grouped by; "" is: none. `funnel` is null for answers' dates.
    """

    value: str
    name: NotRequired[str | None]
    """
    Of an agent, as the calls told it last
    """
    scores: list[ScoreBody]
    funnel: FunnelBody | None


ScoresBody = TypedDict(
    "ScoresBody",
    {
        "workspace": str,
        "from": str,
        "to": str,
        "zone": str,
        "date": DateOf,
        "credit": Credit,
        "per": Per,
        "by": str | None,
        "before_from": NotRequired[str | None],
        "before_to": NotRequired[str | None],
        "scores": list[ScoreBody],
        "funnel": FunnelBody | None,
        "groups": list[ScoreGroupBody],
    },
)


class StudiesBody(TypedDict):
    """
    `GET /v1/studies`: the newest first.
    """

    studies: list[StudyBody]


class PointBody(TypedDict):
    """
    One period. `value` is null where nobody answered: a gap, not a zero.
    """

    label: str
    """
    2026-01-05, 2026-W02 or 2026-01
    """
    start: str
    end: str
    scores: list[ScoreBody]
    funnel: FunnelBody | None


RatesBody = TypedDict(
    "RatesBody",
    {
        "workspace": str,
        "from": str,
        "to": str,
        "zone": str,
        "date": DateOf,
        "credit": Credit,
        "by": str | None,
        "response_rates": ResponseRatesBody,
        "groups": list[RatesGroupBody],
    },
)


class TrendGroupBody(TypedDict):
    """
    One value of what was grouped by; "" is: none.
    """

    value: str
    name: NotRequired[str | None]
    """
    Of an agent, as the calls told it last
    """
    points: list[PointBody]


TrendBody = TypedDict(
    "TrendBody",
    {
        "workspace": str,
        "from": str,
        "to": str,
        "zone": str,
        "date": DateOf,
        "credit": Credit,
        "per": Per,
        "period": Period,
        "by": NotRequired[str | None],
        "points": list[PointBody],
        "groups": list[TrendGroupBody],
        "groups_left_out": NotRequired[int],
    },
)


class ReadCallsQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: DateOf
    """Days of the calls, or of the answers"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    sort: Literal["newest", "oldest"]
    """Which calls come first, by when they ended"""
    limit: int
    """Rows of a page"""
    cursor: str
    """`next_cursor` of the last page, with the same filter and `sort`"""


def read_calls(**query: Unpack[ReadCallsQuery]) -> Operation[CallsBody]:
    """One row per call with its decision."""
    return Operation("GET", "/v1/calls", query=query)


class FindCallsQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""


def find_calls(body: CallSearch, **query: Unpack[FindCallsQuery]) -> Operation[FoundCalls]:
    """Of one person, or by the source's own name; in a body, for URLs are written to logs."""
    return Operation("POST", "/v1/calls/find", body=body, query=query)


class ReadCallQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""


def read_call(interaction: str, **query: Unpack[ReadCallQuery]) -> Operation[CallBody]:
    """One call with its decision, whenever it was."""
    return Operation(
        "GET", "/v1/calls/{interaction}", parts={"interaction": interaction}, query=query
    )


class ExportAllQuery(TypedDict, total=False):
    bom: bool
    """Begin with a byte-order mark: Excel then reads UTF-8"""
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: DateOf
    """Days of the calls, or of the answers"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    question: Sequence[str]
    """Ids of questions; all of them"""
    per: Per
    """A score of each question, or of each metric"""
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """Groups, beside the total"""
    compare: Compare
    """Also the days before, as many; or those 364 days earlier"""
    weighted: bool
    """Also as though all who were asked had answered alike often; in total, and not with
    `score`, `state`, `language` or days of answers
    """
    period: Period
    """Of each point of the trend"""


def export_all(**query: Unpack[ExportAllQuery]) -> Operation[bytes]:
    """All of these files in one zip, of one filter; what was asked for is in `filter.json`.

    Days of answers have no funnel, no response rates and no resolution; of more than 200
    points the trend has the total alone.
    """
    return Operation("GET", "/v1/export/all", query=query)


class ExportCallsQuery(TypedDict, total=False):
    bom: bool
    """Begin with a byte-order mark: Excel then reads UTF-8"""
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: DateOf
    """Days of the calls, or of the answers"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    sort: Literal["newest", "oldest"]
    """Which calls come first, by when they ended"""


def export_calls(**query: Unpack[ExportCallsQuery]) -> Operation[bytes]:
    """`GET /v1/calls` as CSV, all of them."""
    return Operation("GET", "/v1/export/calls", query=query)


class ExportContactFactsQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""


def export_contact_facts(contact: str, **query: Unpack[ExportContactFactsQuery]) -> Operation[Held]:
    """All that is known here about a person, as the tables have it."""
    return Operation(
        "GET", "/v1/export/contacts/{contact}", parts={"contact": contact}, query=query
    )


class ExportFunnelQuery(TypedDict, total=False):
    bom: bool
    """Begin with a byte-order mark: Excel then reads UTF-8"""
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: Literal["call"]
    """Days of the calls"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """Groups, beside the total"""


def export_funnel(**query: Unpack[ExportFunnelQuery]) -> Operation[bytes]:
    """`GET /v1/funnel` as CSV: the total, then the groups; a column per reason not to ask."""
    return Operation("GET", "/v1/export/funnel", query=query)


class ExportResolutionQuery(TypedDict, total=False):
    bom: bool
    """Begin with a byte-order mark: Excel then reads UTF-8"""
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: Literal["call"]
    """Days of the calls"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """Groups, beside the total"""


def export_resolution(**query: Unpack[ExportResolutionQuery]) -> Operation[bytes]:
    """`GET /v1/resolution` as CSV: the total, then the groups."""
    return Operation("GET", "/v1/export/resolution", query=query)


class ExportResponseRatesQuery(TypedDict, total=False):
    bom: bool
    """Begin with a byte-order mark: Excel then reads UTF-8"""
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: Literal["call"]
    """Days of the calls"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """Groups, beside the total"""


def export_response_rates(**query: Unpack[ExportResponseRatesQuery]) -> Operation[bytes]:
    """`GET /v1/response-rates` as CSV: the total, then the groups; a row per rate."""
    return Operation("GET", "/v1/export/response-rates", query=query)


class ExportResponsesQuery(TypedDict, total=False):
    bom: bool
    """Begin with a byte-order mark: Excel then reads UTF-8"""
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: DateOf
    """Days of the calls, or of the answers"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    text: str
    """All of these words begin a word of the comment, or of an answer in words; at most 10. A
    page looks through 1,000 answers, so it may be short, even empty, and have a `next_cursor`
    """
    sort: Literal["newest", "oldest"]
    """Which calls come first, by when they ended"""


def export_responses(**query: Unpack[ExportResponsesQuery]) -> Operation[bytes]:
    """`GET /v1/responses` as CSV, all of them."""
    return Operation("GET", "/v1/export/responses", query=query)


class ExportScoresQuery(TypedDict, total=False):
    bom: bool
    """Begin with a byte-order mark: Excel then reads UTF-8"""
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: DateOf
    """Days of the calls, or of the answers"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    question: Sequence[str]
    """Ids of questions; all of them"""
    per: Per
    """A score of each question, or of each metric"""
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """Groups, beside the total"""
    compare: Compare
    """Also the days before, as many; or those 364 days earlier"""
    weighted: bool
    """Also as though all who were asked had answered alike often; in total, and not with
    `score`, `state`, `language` or days of answers
    """


def export_scores(**query: Unpack[ExportScoresQuery]) -> Operation[bytes]:
    """`GET /v1/scores` as CSV: the total, then the groups."""
    return Operation("GET", "/v1/export/scores", query=query)


class ExportTrendQuery(TypedDict, total=False):
    bom: bool
    """Begin with a byte-order mark: Excel then reads UTF-8"""
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: DateOf
    """Days of the calls, or of the answers"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    question: Sequence[str]
    """Ids of questions; all of them"""
    per: Per
    """A score of each question, or of each metric"""
    period: Period
    """Of each point; weeks are ISO's"""
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """A line for each group, beside the total: the 20 with the most answers, and at most 200
    points
    """


def export_trend(**query: Unpack[ExportTrendQuery]) -> Operation[bytes]:
    """`GET /v1/trend` as CSV, a row per period and score: of the total, then of the groups."""
    return Operation("GET", "/v1/export/trend", query=query)


class ReadFunnelQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: Literal["call"]
    """Days of the calls"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """Groups, beside the total"""


def read_funnel(**query: Unpack[ReadFunnelQuery]) -> Operation[FunnelsBody]:
    """Calls, asked, not asked by reason, sent, delivered, answered, and the response rates."""
    return Operation("GET", "/v1/funnel", query=query)


class ReadResolutionQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: Literal["call"]
    """Days of the calls"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """Groups, beside the total"""


def read_resolution(**query: Unpack[ReadResolutionQuery]) -> Operation[ResolutionsBody]:
    """First-contact resolution: the share of calls whose caller did not call again in seven
    days.

    Of calls in that were connected, each put down to its own agent and queue. Calls of which
    it is not known yet, and those of unknown callers, are in no share and are told beside it.
    """
    return Operation("GET", "/v1/resolution", query=query)


class ReadResponseRatesQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: Literal["call"]
    """Days of the calls"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """Groups, beside the total"""


def read_response_rates(**query: Unpack[ReadResponseRatesQuery]) -> Operation[RatesBody]:
    """RR1 to RR6 of the AAPOR Standard Definitions with their denominators, and opt-outs."""
    return Operation("GET", "/v1/response-rates", query=query)


class ReadResponsesQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: DateOf
    """Days of the calls, or of the answers"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    text: str
    """All of these words begin a word of the comment, or of an answer in words; at most 10. A
    page looks through 1,000 answers, so it may be short, even empty, and have a `next_cursor`
    """
    sort: Sort
    """Newest or oldest call first, or the lowest score: of one score the newest call first,
    answers without a score last
    """
    limit: int
    """Rows of a page"""
    cursor: str
    """`next_cursor` of the last page, with the same filter and `sort`"""
    updated_since: datetime | str
    """What changed at that time or later, in the order of the changes. Without days, of calls of
    whatever day. Begin with a time long ago; once `next_cursor` is null, go on with
    `updated_until`
    """


def read_responses(**query: Unpack[ReadResponsesQuery]) -> Operation[ResponsesBody]:
    """One row per answered call; partial answers are among them."""
    return Operation("GET", "/v1/responses", query=query)


class ReadResponseQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""


def read_response(interaction: str, **query: Unpack[ReadResponseQuery]) -> Operation[ResponseBody]:
    """The answer of one call, the one that counts."""
    return Operation(
        "GET", "/v1/responses/{interaction}", parts={"interaction": interaction}, query=query
    )


class ReadScoresQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: DateOf
    """Days of the calls, or of the answers"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    question: Sequence[str]
    """Ids of questions; all of them"""
    per: Per
    """A score of each question, or of each metric"""
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """Groups, beside the total"""
    compare: Compare
    """Also the days before, as many; or those 364 days earlier"""
    weighted: bool
    """Also as though all who were asked had answered alike often; in total, and not with
    `score`, `state`, `language` or days of answers
    """


def read_scores(**query: Unpack[ReadScoresQuery]) -> Operation[ScoresBody]:
    """NPS, CSAT and CES, in total or by group, with the funnel they come from.

    One score per question of a survey and scale it was asked on; with `per=metric` one per
    metric and scale, over the first questions of all surveys. The funnel is that of the
    calls, whichever question. Scores of fewer than five answers, and what would tell them by
    subtraction, are for keys with the scope `admin`.
    """
    return Operation("GET", "/v1/scores", query=query)


class ReadStudiesQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""
    limit: int
    """How many"""


def read_studies(**query: Unpack[ReadStudiesQuery]) -> Operation[StudiesBody]:
    """The newest studies of the workspace."""
    return Operation("GET", "/v1/studies", query=query)


class AskStudyQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: DateOf
    """Days of the calls, or of the answers"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Required[Sequence[MetricInput]]
    """Which one"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """Of a ranking: which groups"""


def ask_study(kind: Study, **query: Unpack[AskStudyQuery]) -> Operation[StudyBody]:
    """Drivers: which facts of calls go with their scores. Ranking: groups, shrunken to the mean.

    Reckoned in the background: `GET /v1/studies/{id}` says how far it is.
    """
    return Operation("POST", "/v1/studies/{kind}", parts={"kind": kind}, query=query)


class ReadStudyQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""


def read_study(study: str, **query: Unpack[ReadStudyQuery]) -> Operation[StudyBody]:
    """How far it is, and its result once it is done."""
    return Operation("GET", "/v1/studies/{study}", parts={"study": study}, query=query)


class ReadTrendQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""
    date: DateOf
    """Days of the calls, or of the answers"""
    credit: Credit
    """Whose a transferred call is: agent, team"""
    survey: Sequence[str]
    """Ids of surveys"""
    metric: Sequence[MetricInput]
    """Of the scores; of calls, that of their survey's first question"""
    queue: Sequence[str]
    """The last queue of the call"""
    agent: Sequence[str]
    """Ids of agents, by `credit`"""
    team: Sequence[str]
    """Teams, by `credit`"""
    channel: Sequence[Literal["sms", "ivr", "whatsapp", "email", "web", ""]]
    """Asked by, or answered by"""
    number: Sequence[str]
    """Our numbers that were called, E.164"""
    site: Sequence[str]
    """Call centres"""
    region: Sequence[str]
    """Regions of our numbers"""
    disposition: Sequence[str]
    """Issue types"""
    flow: Sequence[str]
    """Ids of flows that asked"""
    direction: Sequence[Direction]
    """Of the call"""
    language: Sequence[str]
    """Of the answer"""
    tag: Sequence[str]
    """Of the call"""
    state: Sequence[Literal["in_progress", "finished"]]
    """Of the answer: began, or answered to the end"""
    score: Sequence[int]
    """Calls answered with one of these by the first question. Scores of first questions are then
    no figures, for they would say what was asked for
    """
    question: Sequence[str]
    """Ids of questions; all of them"""
    per: Per
    """A score of each question, or of each metric"""
    period: Period
    """Of each point; weeks are ISO's"""
    by: Literal["queue", "agent", "team", "channel", "number", "site", "region", "disposition"]
    """A line for each group, beside the total: the 20 with the most answers, and at most 200
    points
    """


def read_trend(**query: Unpack[ReadTrendQuery]) -> Operation[TrendBody]:
    """Scores by day, ISO week or month. A period without answers is there, with no value.

    With `by` also a line for each group, of those with the most answers; a score in it is the
    one that `GET /v1/scores` tells for the group and the days of the period.
    """
    return Operation("GET", "/v1/trend", query=query)


class ReadValuesQuery(TypedDict, total=False):
    workspace: str
    """Only for keys of the operator"""
    from_: date | str
    """A day of the workspace's zone"""
    to: date | str
    """The last day, included; today"""
    range: Range
    """Days told from today, in place of from and to"""


def read_values(**query: Unpack[ReadValuesQuery]) -> Operation[ValuesBody]:
    """Values that calls had in the months of these days, by the parameter that filters by them.

    Supervisors and agents are told those of the calls that they see.
    """
    return Operation("GET", "/v1/values", query=query)
