"""A flow compiled per configuration version: its conditions, limits and plan."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from common.config import CountedBy, Flow, Survey, When, Workspace
from common.events.decisions import Finding, Reason
from common.events.values import Channel, Direction, Ending, Kind
from common.hours import Opening, opening_of
from orchestrator.domain.aiming import AimRule
from orchestrator.domain.caps import CapRule
from orchestrator.domain.caps import rules as cap_rules
from orchestrator.domain.channel_plan import ChannelPlan, PlannedStep
from orchestrator.domain.conditions import Holds, compile_conditions
from orchestrator.domain.quotas import QuotaRule
from orchestrator.domain.quotas import rules as quota_rules
from orchestrator.domain.sampling import sampling_key

_NOTHING = ""
_encode = msgspec.msgpack.Encoder().encode
V = TypeVar("V")


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
    caps: tuple[CapRule, ...]  # of a contact's asks
    shared_caps: tuple[CapRule, ...]  # of an agent's, a team's, a queue's
    quotas: tuple[QuotaRule, ...]
    aim: AimRule | None
    least_talk: float  # seconds
    sampling_rate: float  # of the calls that could be asked
    sampling: str  # the same in words
    sampling_key: bytes  # see `sampling`
    plan: ChannelPlan
    encoded_plan: bytes | None  # None where nothing can follow the first step
    by_line_type: Mapping[str, int]  # the step that a number of that type begins with
    openings: Mapping[Channel, Opening]  # of channels that are not open at any time
    never_asked: Finding  # what caps find for somebody without asks


def compile_flow(flow: Flow, survey: Survey, workspace: Workspace) -> CompiledFlow:
    """An enabled one."""
    when, plan = flow.when, compile_plan(flow)
    zone = ZoneInfo(workspace.zone)
    groups = compile_conditions(when, zone)
    every = cap_rules(
        workspace.caps, flow.caps, flow=flow.id, survey=survey.id, metric=survey.metric
    )
    caps = tuple(cap for cap in every if cap.by is CountedBy.CONTACT)
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
        shared_caps=tuple(cap for cap in every if cap.by is not CountedBy.CONTACT),
        quotas=quota_rules(flow, workspace.id, zone),
        aim=AimRule(flow.aim, workspace.id, flow.id, zone) if flow.aim else None,
        sampling_rate=1 / flow.one_in if flow.one_in else flow.sampling_rate,
        sampling=f"1 in {flow.one_in}" if flow.one_in else str(flow.sampling_rate),
        sampling_key=sampling_key(workspace.id, flow.id),
        plan=plan,
        encoded_plan=_encode(plan) if len(plan.steps) > 1 else None,
        by_line_type=_by_line_type(flow),
        openings=_openings(flow, workspace),
        least_talk=flow.minimum_talk.total_seconds(),
        never_asked=Finding(
            guard=Reason.FREQUENCY_CAP, fact="; ".join(f"0 {cap.limit}" for cap in caps)
        ),
    )


def _openings(flow: Flow, workspace: Workspace) -> dict[Channel, Opening]:
    """Of channels to read. Who calls looks when it would ring, and rings again in the morning."""
    channels = {step.channel for step in flow.plan} - {Channel.IVR}
    found = {one: opening_of(flow, workspace, one) for one in channels}
    return {one: opening for one, opening in found.items() if opening is not None}


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
