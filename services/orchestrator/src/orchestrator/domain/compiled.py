"""The configuration compiled per version: what `decide` looks at, ready to be looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from types import MappingProxyType
from zoneinfo import ZoneInfo

from common.config import (
    Config,
    ConsentPolicy,
    Number,
    NumberUse,
    OptOutScope,
    Workspace,
    WorkspaceConfig,
)
from common.events.values import Channel
from orchestrator.domain.compiled_flow import CompiledFlow, compile_flow
from orchestrator.domain.configuring.rights import Ceilings
from orchestrator.domain.flow_index import FlowIndex

SHORTEST_MEMORY = timedelta(days=30)  # asks are remembered this long, so that a new cap finds them


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
    consent_by_country: Mapping[tuple[str, str], bool]  # (channel, country): whether it needs one
    consent_expires: Mapping[tuple[str, str], timedelta]  # (channel, country): how long a yes holds
    opt_outs_of_all: bool  # a no on one channel is one to all
    lists: Mapping[int, str]  # loads of do-not-contact lists, in words
    worded: Mapping[str, Number]  # lines that have texts or questions of their own
    silent: frozenset[str]  # lines that surveys are switched off for
    ceiling: int  # asks per day
    prefix_ceiling: int  # asks per hour, of numbers that begin alike
    links_customers: bool  # addresses of one customer id are one person's
    memory: timedelta  # how long an ask is remembered
    unreachable_for: timedelta  # how long a dead number is not asked again
    longest: timedelta  # how long a further step can wait after the first
    senders: Mapping[str, tuple[tuple[str, frozenset[str]], ...]]
    flows: tuple[CompiledFlow, ...]  # highest priority first
    limited: tuple[CompiledFlow, ...]  # those with quotas or shared caps
    aiming: tuple[CompiledFlow, ...]  # those whose share follows the answers
    shared_memory: timedelta  # how long an ask of an agent, a team or a queue is remembered
    by_id: Mapping[str, CompiledFlow]
    index: FlowIndex

    def flow(self, name: str | None) -> CompiledFlow | None:
        """The enabled flow of that id."""
        return self.by_id.get(name or "")

    def candidates(self, number: str | None, queue: str | None) -> tuple[CompiledFlow, ...]:
        """The flows for this line and queue, highest priority first."""
        return self.index.find(number, queue)


@dataclass(frozen=True, slots=True)
class CompiledConfig:
    """Every workspace as of one configuration version."""

    version: int
    workspaces: Mapping[str, CompiledWorkspace]
    has_lists: bool = False  # do-not-contact lists, of any workspace
    links_customers: bool = False  # any workspace does
    consent_expires: bool = False  # in any workspace


Lists = Mapping[int, str]


def compile_config(
    config: Config,
    ceilings: Ceilings | None = None,
    lists: Mapping[str, Lists] = MappingProxyType({}),
) -> CompiledConfig:
    """`ceilings`: of the operator, over what documents say. `lists`: by workspace."""
    most = ceilings or Ceilings()
    workspaces = {
        name: _workspace(found, config.version, most, lists.get(name, {}))
        for name, found in config.workspaces.items()
    }
    links_customers = any(one.links_customers for one in workspaces.values())
    expires = any(one.consent_expires for one in workspaces.values())
    return CompiledConfig(config.version, workspaces, bool(lists), links_customers, expires)


def _workspace(
    config: WorkspaceConfig, version: int, most: Ceilings, lists: Lists
) -> CompiledWorkspace:
    numbers = config.numbers.values()
    flows = _flows(config)
    senders = _senders(config)
    caps = [*config.workspace.caps, *(cap for flow in flows for cap in flow.flow.caps)]
    limited = tuple(one for one in flows if one.quotas or one.shared_caps)
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
        consent_by_country=_consent_by_country(config.workspace),
        consent_expires=_consent_expires(config.workspace),
        opt_outs_of_all=config.workspace.opt_out_scope is not OptOutScope.CHANNEL,
        lists=lists,
        worded={name: one for name, one in config.numbers.items() if one.has_words},
        silent=frozenset(number.number for number in numbers if not number.surveys) | unclear,
        ceiling=min(config.workspace.daily_ceiling, most.daily_asks),
        prefix_ceiling=min(config.workspace.prefix_ceiling, most.prefix_asks),
        links_customers=config.workspace.link_customers,
        memory=max([SHORTEST_MEMORY, *(cap.per for cap in caps)]),
        unreachable_for=config.workspace.unreachable_for,
        longest=max(
            (one.flow.expiry for one in flows if len(one.flow.plan) > 1), default=timedelta(0)
        ),
        senders=senders,
        flows=flows,
        limited=limited,
        aiming=tuple(one for one in flows if one.aim),
        shared_memory=max(
            (cap.per for one in limited for cap in one.shared_caps), default=timedelta(0)
        ),
        by_id={one.flow.id: one for one in flows},
        index=FlowIndex(flows),
    )


def _consent_by_country(workspace: Workspace) -> dict[tuple[str, str], bool]:
    """The first that names a channel and a country holds."""
    found: dict[tuple[str, str], bool] = {}
    for one in workspace.consent:
        for channel, country in product(one.channels, one.countries):
            found.setdefault((channel, country), one.policy is not ConsentPolicy.OPT_OUT)
    return found


def _consent_expires(workspace: Workspace) -> dict[tuple[str, str], timedelta]:
    """Of the entries that hold."""
    found: dict[tuple[str, str], timedelta | None] = {}
    for one in workspace.consent:
        life = one.expires_after if one.policy is not ConsentPolicy.OPT_OUT else None
        for channel, country in product(one.channels, one.countries):
            found.setdefault((channel, country), life)
    return {place: life for place, life in found.items() if life is not None}


def _flows(config: WorkspaceConfig) -> tuple[CompiledFlow, ...]:
    enabled = [
        compile_flow(flow, config.surveys[flow.survey], config.workspace)
        for flow in config.flows.values()
        if flow.enabled and flow.survey in config.surveys
    ]
    return tuple(sorted(enabled, key=lambda one: (-one.flow.priority, one.flow.id)))


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
