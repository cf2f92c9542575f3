"""The configuration compiled per version: what `decide` looks at, ready to be looked at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from common.config import Config, Flow, NumberUse, Survey, When, WorkspaceConfig
from common.events.decisions import Finding, Reason
from common.events.values import Channel, Direction, Ending, Kind
from orchestrator.domain.caps import CapRule, rules
from orchestrator.domain.channel_plan import ChannelPlan, PlannedStep
from orchestrator.domain.conditions import Holds, compile_conditions
from orchestrator.domain.configuring.rights import Ceilings
from orchestrator.domain.sampling import sampling_key

SHORTEST_MEMORY = timedelta(days=30)  # asks are remembered this long, so that a new cap finds them
_NOTHING = ""
_encode = msgspec.msgpack.Encoder().encode
V = TypeVar("V")
Index = Mapping[str | None, V]  # None: whatever no flow names


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledFlow:
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
    numbers: frozenset[str] | None  # these two by the index; None: any
    queues: frozenset[str] | None
    holds: Holds | None  # the conditions in groups; None: there are none
    caps: tuple[CapRule, ...]
    least_talk: float  # seconds
    sampling_rate: float  # of the calls that could be asked
    sampling_key: bytes  # see `sampling`
    plan: ChannelPlan
    encoded_plan: bytes | None  # None where nothing can follow the first step
    by_line_type: Mapping[str, int]  # the step that a number of that type begins with
    never_asked: Finding  # what caps find for somebody without asks


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledWorkspace:
    """One workspace. `senders`: per channel, (number, countries it is used for) of two-way ones."""

    config: WorkspaceConfig
    version: int  # of the whole configuration
    zone: ZoneInfo
    countries: frozenset[str]
    own: frozenset[str]  # numbers that are ours: lines, colleagues, senders
    testers: frozenset[str]
    needs_yes: frozenset[str]  # channels that are used only after a yes
    silent: frozenset[str]  # lines that surveys are switched off for
    ceiling: int  # asks per day
    prefix_ceiling: int  # asks per hour, of numbers that begin alike
    memory: timedelta  # how long an ask is remembered
    unreachable_for: timedelta  # how long a dead number is not asked again
    longest: timedelta  # how long a further step can wait after the first
    senders: Mapping[str, tuple[tuple[str, frozenset[str]], ...]]
    flows: tuple[CompiledFlow, ...]  # highest priority first
    by_id: Mapping[str, CompiledFlow]
    by_number: Index[Index[tuple[CompiledFlow, ...]]]

    def flow(self, name: str | None) -> CompiledFlow | None:
        """The enabled flow of that id."""
        return self.by_id.get(name or "")

    def candidates(self, number: str | None, queue: str | None) -> tuple[CompiledFlow, ...]:
        """The flows for this line and queue, highest priority first."""
        of_number = self.by_number.get(number) or self.by_number[None]
        found = of_number.get(queue)
        return of_number[None] if found is None else found


@dataclass(frozen=True, slots=True)
class CompiledConfig:
    """Every workspace as of one configuration version."""

    version: int
    workspaces: Mapping[str, CompiledWorkspace]


def compile_config(config: Config, ceilings: Ceilings | None = None) -> CompiledConfig:
    """`ceilings`: of the operator, over what documents say."""
    most = ceilings or Ceilings()
    workspaces = {
        name: _workspace(found, config.version, most) for name, found in config.workspaces.items()
    }
    return CompiledConfig(config.version, workspaces)


def _workspace(config: WorkspaceConfig, version: int, most: Ceilings) -> CompiledWorkspace:
    numbers = config.numbers.values()
    flows = _flows(config)
    senders = _senders(config)
    caps = [*config.workspace.caps, *(cap for flow in flows for cap in flow.flow.caps)]
    unclear = {name for kind, name in config.unreadable if kind == "number"}
    unclear |= {number.number for number in numbers if number.use is NumberUse.UNKNOWN}
    own = {number.number for number in numbers if number.use is not NumberUse.TEST} | unclear
    return CompiledWorkspace(
        config=config,
        version=version,
        zone=ZoneInfo(config.workspace.zone),
        countries=config.countries & most.countries if most.countries else config.countries,
        own=frozenset(own | {s.number for a in config.accounts.values() for s in a.senders}),
        testers=frozenset(n.number for n in numbers if n.use is NumberUse.TEST),
        needs_yes=frozenset(config.workspace.explicit_consent),
        silent=frozenset(number.number for number in numbers if not number.surveys) | unclear,
        ceiling=min(config.workspace.daily_ceiling, most.daily_asks),
        prefix_ceiling=min(config.workspace.prefix_ceiling, most.prefix_asks),
        memory=max([SHORTEST_MEMORY, *(cap.per for cap in caps)]),
        unreachable_for=config.workspace.unreachable_for,
        longest=max(
            (one.flow.expiry for one in flows if len(one.flow.plan) > 1), default=timedelta(0)
        ),
        senders=senders,
        flows=flows,
        by_id={one.flow.id: one for one in flows},
        by_number=_index(flows),
    )


def _flows(config: WorkspaceConfig) -> tuple[CompiledFlow, ...]:
    enabled = [
        _flow(flow, config.surveys[flow.survey], config)
        for flow in config.flows.values()
        if flow.enabled and flow.survey in config.surveys
    ]
    return tuple(sorted(enabled, key=lambda one: (-one.flow.priority, one.flow.id)))


def _flow(flow: Flow, survey: Survey, config: WorkspaceConfig) -> CompiledFlow:
    when, plan = flow.when, compile_plan(flow)
    groups = compile_conditions(when, ZoneInfo(config.workspace.zone))
    caps = rules(config.workspace.caps, flow.caps, flow=flow.id, metric=survey.metric)
    return CompiledFlow(
        flow=flow,
        survey=survey,
        since=flow.enabled_since.replace(microsecond=0) if flow.enabled_since else None,
        kinds=_matching(_or_usual(when.kinds, Kind.CALL, "kind" in groups.named)),
        # Here `unknown` is a word that sources say.
        endings=frozenset(_or_usual(when.endings, Ending.CONNECTED, "ending" in groups.named)),
        directions=_matching(
            _or_usual(when.directions, Direction.INBOUND, "direction" in groups.named)
        ),
        agent_tags=frozenset(when.agent_tags),
        tags=frozenset(when.tags),
        without_tags=frozenset(when.without_tags),
        countries=frozenset(when.countries),
        numbers=groups.numbers,
        queues=groups.queues,
        holds=groups.holds,
        caps=caps,
        sampling_rate=flow.sampling_rate,
        sampling_key=sampling_key(config.workspace.id, flow.id),
        plan=plan,
        encoded_plan=_encode(plan) if len(plan.steps) > 1 else None,
        by_line_type=_by_line_type(flow),
        least_talk=flow.minimum_talk.total_seconds(),
        never_asked=Finding(
            guard=Reason.FREQUENCY_CAP, fact="; ".join(f"0 {cap.limit}" for cap in caps)
        ),
    )


def _or_usual(given: tuple[V, ...] | None, usual: V, said_otherwise: bool) -> tuple[V, ...]:
    """A list that is not given is the usual one, unless groups speak of the same."""
    if given is None:
        return () if said_otherwise else (usual,)
    return given


def _matching(words: Iterable[str]) -> frozenset[str]:
    """Two words that this version does not know need not be the same: they match nothing."""
    return frozenset(_NOTHING if word == Channel.UNKNOWN else word for word in words)


def compile_plan(flow: Flow) -> ChannelPlan:
    """As an invitation keeps it. A later step without a condition follows a failure."""
    steps = [
        PlannedStep(
            step.channel,
            tuple(map(str, step.when or (When.FAILED,))) if number else (),
            step.after.total_seconds() if step.after else 0.0,
        )
        for number, step in enumerate(flow.plan)
    ]
    return ChannelPlan(tuple(steps), flow.validity.total_seconds())


def _by_line_type(flow: Flow) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, step in enumerate(flow.plan):
        if When.LINE_TYPE in step.when:
            for line_type in step.line_types:
                found.setdefault(line_type, number)
    return found


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


def _index(flows: tuple[CompiledFlow, ...]) -> Index[Index[tuple[CompiledFlow, ...]]]:
    numbers = _named(one.numbers for one in flows)
    queues = _named(one.queues for one in flows)
    return {
        number: {
            queue: tuple(one for one in flows if _takes(one, number, queue)) for queue in queues
        }
        for number in numbers
    }


def _named(sets: Iterable[frozenset[str] | None]) -> set[str | None]:
    return {None, *(name for names in sets for name in names or ())}


def _takes(flow: CompiledFlow, number: str | None, queue: str | None) -> bool:
    return (flow.numbers is None or number in flow.numbers) and (
        flow.queues is None or queue in flow.queues
    )
