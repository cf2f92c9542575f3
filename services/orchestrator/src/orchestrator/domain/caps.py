"""Frequency caps: at most n asks per period, of all, of one metric, survey or flow.

They count by contact, or by who had the interaction: an agent, a team, a queue.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from common.config import Cap, CountedBy
from orchestrator.domain.contact import Ask

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60))


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRule:
    """A cap as it holds for one flow. `flow` None: asks of every flow count."""

    asks: int
    per: timedelta
    by: CountedBy
    metric: str | None
    survey: str | None
    flow: str | None
    limit: str  # in words: `of 1 asks of nps in 30d`

    def used(self, asks: Iterable[Ask], due_at: datetime) -> int:
        """Slots taken when the next ask is at `due_at`; asks planned for later count too.

        One whose survey was not remembered counts as of any.
        """
        since = due_at - self.per
        return sum(
            ask.at > since
            and ask.counts
            and (self.metric is None or ask.metric == self.metric)
            and (self.flow is None or ask.flow == self.flow)
            and (self.survey is None or ask.survey in ("", self.survey))
            for ask in asks
        )


def rules(
    workspace: Sequence[Cap], flow_caps: Sequence[Cap], *, flow: str, survey: str, metric: str
) -> tuple[CapRule, ...]:
    """The caps an ask of this flow, survey and metric must respect."""
    everywhere = [_rule(cap, None) for cap in workspace]
    own = [_rule(cap, flow) for cap in flow_caps]
    return tuple(
        rule
        for rule in (*everywhere, *own)
        if rule.metric in (None, metric) and rule.survey in (None, survey)
    )


def _rule(cap: Cap, flow: str | None) -> CapRule:
    what = f" of {cap.metric}" if cap.metric else ""
    what += f" of the survey {cap.survey}" if cap.survey else ""
    where = " by this flow" if flow else ""
    return CapRule(
        asks=cap.asks,
        per=cap.per,
        by=cap.by,
        metric=cap.metric,
        survey=cap.survey,
        flow=flow,
        limit=f"of {cap.asks} asks{what}{where} in {duration(cap.per)}",
    )


def duration(value: timedelta) -> str:
    """As configuration writes it: `30d`, `12h`, `90s`."""
    seconds = int(value.total_seconds())
    for unit, size in _UNITS:
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
