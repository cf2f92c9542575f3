"""Flows compiled per configuration version: what `decide` looks at, ready to be looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from common.config import Config, Flow, NumberUse, Survey, WorkspaceConfig
from common.events.decisions import Finding, Reason
from common.events.values import Channel
from orchestrator.domain.caps import CapRule, rules
from orchestrator.domain.sampling import urn

SHORTEST_MEMORY = timedelta(days=30)  # asks are remembered this long, so that a new cap finds them
_NOTHING = ""
V = TypeVar("V")
Index = Mapping[str | None, V]  # None: whatever no flow names


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPlan:
    """An enabled flow. The sets are its conditions; an empty one matches everything."""

    flow: Flow
    survey: Survey
    since: datetime | None  # when it was enabled, whole seconds: sources tell no better
    kinds: frozenset[str]
    endings: frozenset[str]
    directions: frozenset[str]
    agent_tags: frozenset[str]
    tags: frozenset[str]
    without_tags: frozenset[str]
    countries: frozenset[str]
    caps: tuple[CapRule, ...]
    least_talk: float  # seconds
    share: float  # of the calls that could be asked
    urn: bytes  # see `sampling`
    needs_consent: bool  # the channel is used only after a yes
    never_asked: Finding  # what caps find for somebody without asks


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspacePlan:
    """One workspace. `senders`: per channel, (number, countries it is used for) of two-way ones."""

    config: WorkspaceConfig
    version: int  # of the whole configuration
    zone: ZoneInfo
    countries: frozenset[str]
    own: frozenset[str]  # numbers that are ours: lines, colleagues, senders
    testers: frozenset[str]
    silent: frozenset[str]  # lines that surveys are switched off for
    ceiling: int  # asks per day
    memory: timedelta  # how long an ask is remembered
    senders: Mapping[str, tuple[tuple[str, frozenset[str]], ...]]
    flows: tuple[FlowPlan, ...]  # highest priority first
    by_id: Mapping[str, FlowPlan]
    by_number: Index[Index[tuple[FlowPlan, ...]]]

    def flow(self, name: str | None) -> FlowPlan | None:
        """The enabled flow of that id."""
        return self.by_id.get(name or "")

    def candidates(self, number: str | None, queue: str | None) -> tuple[FlowPlan, ...]:
        """The flows for this line and queue, highest priority first."""
        of_number = self.by_number.get(number) or self.by_number[None]
        found = of_number.get(queue)
        return of_number[None] if found is None else found


@dataclass(frozen=True, slots=True)
class Plan:
    """Every workspace as of one configuration version."""

    version: int
    workspaces: Mapping[str, WorkspacePlan]
    reminding: timedelta = timedelta(0)  # the longest that a reminder can wait after its ask


def compile_plan(config: Config) -> Plan:
    workspaces = {
        name: _workspace(found, config.version) for name, found in config.workspaces.items()
    }
    flows = [plan.flow for workspace in workspaces.values() for plan in workspace.flows]
    reminding = [flow.expiry for flow in flows if flow.reminder]
    return Plan(config.version, workspaces, max(reminding, default=timedelta(0)))


def _workspace(config: WorkspaceConfig, version: int) -> WorkspacePlan:
    numbers = config.numbers.values()
    flows = _flows(config)
    senders = _senders(config)
    caps = [*config.workspace.caps, *(cap for flow in flows for cap in flow.flow.caps)]
    unclear = {name for kind, name in config.unreadable if kind == "number"}
    unclear |= {number.number for number in numbers if number.use is NumberUse.UNKNOWN}
    own = {number.number for number in numbers if number.use is not NumberUse.TEST} | unclear
    return WorkspacePlan(
        config=config,
        version=version,
        zone=ZoneInfo(config.workspace.zone),
        countries=config.countries,
        own=frozenset(own | {s.number for a in config.accounts.values() for s in a.senders}),
        testers=frozenset(n.number for n in numbers if n.use is NumberUse.TEST),
        silent=frozenset(number.number for number in numbers if not number.surveys) | unclear,
        ceiling=config.workspace.daily_ceiling,
        memory=max([SHORTEST_MEMORY, *(cap.per for cap in caps)]),
        senders=senders,
        flows=flows,
        by_id={plan.flow.id: plan for plan in flows},
        by_number=_index(flows),
    )


def _flows(config: WorkspaceConfig) -> tuple[FlowPlan, ...]:
    enabled = [
        _flow(flow, config.surveys[flow.survey], config)
        for flow in config.flows.values()
        if flow.enabled and flow.survey in config.surveys
    ]
    return tuple(sorted(enabled, key=lambda plan: (-plan.flow.priority, plan.flow.id)))


def _flow(flow: Flow, survey: Survey, config: WorkspaceConfig) -> FlowPlan:
    when = flow.when
    caps = rules(config.workspace.caps, flow.caps, flow=flow.id, metric=survey.metric)
    return FlowPlan(
        flow=flow,
        survey=survey,
        since=flow.enabled_since.replace(microsecond=0) if flow.enabled_since else None,
        kinds=_matching(when.kinds),
        endings=frozenset(when.endings),  # here `unknown` is a word that sources say
        directions=_matching(when.directions),
        agent_tags=frozenset(when.agent_tags),
        tags=frozenset(when.tags),
        without_tags=frozenset(when.without_tags),
        countries=frozenset(when.countries),
        caps=caps,
        share=flow.share,
        urn=urn(config.workspace.id, flow.id),
        needs_consent=flow.channel in config.workspace.explicit_consent,
        least_talk=flow.minimum_talk.total_seconds(),
        never_asked=Finding(
            guard=Reason.FREQUENCY_CAP, fact="; ".join(f"0 {cap.limit}" for cap in caps)
        ),
    )


def _matching(words: Iterable[str]) -> frozenset[str]:
    """Two words that this version does not know need not be the same: they match nothing."""
    return frozenset(_NOTHING if word == Channel.UNKNOWN else word for word in words)


def _senders(config: WorkspaceConfig) -> dict[str, tuple[tuple[str, frozenset[str]], ...]]:
    return {
        channel: tuple(
            (sender.number, frozenset(sender.countries))
            for account in config.accounts.values()
            if account.channel is channel
            for sender in account.senders
            if sender.two_way  # every survey of today is answered by replying
        )
        for channel in Channel
    }


def _index(flows: tuple[FlowPlan, ...]) -> Index[Index[tuple[FlowPlan, ...]]]:
    numbers = _named(plan.flow.when.numbers for plan in flows)
    queues = _named(plan.flow.when.queues for plan in flows)
    return {
        number: {queue: tuple(p for p in flows if _takes(p, number, queue)) for queue in queues}
        for number in numbers
    }


def _named(lists: Iterable[Iterable[str]]) -> set[str | None]:
    return {None, *(name for names in lists for name in names)}


def _takes(plan: FlowPlan, number: str | None, queue: str | None) -> bool:
    when = plan.flow.when
    return (not when.numbers or number in when.numbers) and (
        not when.queues or queue in when.queues
    )
