"""Which flows an interaction matches, and which one wins."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from common.events.calls import Outline
from common.events.decisions import Finding, Reason
from common.events.values import Direction, Ending
from orchestrator.domain.attribution import country, queue_of
from orchestrator.domain.caps import duration
from orchestrator.domain.compiled import CompiledWorkspace
from orchestrator.domain.compiled_flow import CompiledFlow


class Choice(msgspec.Struct, frozen=True, gc=False):
    """`flow` is the winner (it may be refused for its age); `lost` matched too."""

    flow: CompiledFlow | None
    lost: tuple[str, ...] = ()
    refused: Finding | None = None


def choose(interaction: Outline, *, workspace: CompiledWorkspace, now: datetime) -> Choice:
    """The flow of highest priority that matches and that the interaction is not too old for."""
    fitting = False
    matching: list[CompiledFlow] = []
    for flow in workspace.candidates(interaction.our_number, queue_of(interaction)):
        if _fits(flow, interaction):
            fitting = True
            if not flow.endings or interaction.ending in flow.endings:
                matching.append(flow)
    for flow in matching:
        if too_old(flow, interaction, now) is None:
            return Choice(flow, _others(flow, matching))
    if matching:
        first = matching[0]
        return Choice(first, _others(first, matching), too_old(first, interaction, now))
    ages = [too_old(flow, interaction, now) for flow in workspace.flows]
    if ages and all(ages):  # too old for any flow: what it would have matched does not matter
        return Choice(None, (), ages[0])
    unclear = {kind for kind, _ in workspace.config.unreadable} & {"workspace", "flow", "survey"}
    return Choice(None, (), _unmatched(interaction, only_ending=fitting, unclear=sorted(unclear)))


def _others(winner: CompiledFlow, matching: Sequence[CompiledFlow]) -> tuple[str, ...]:
    if len(matching) == 1:
        return ()
    return tuple(flow.flow.id for flow in matching if flow is not winner)


def too_old(flow: CompiledFlow, interaction: Outline, now: datetime) -> Finding | None:
    """A flow never looks back beyond its limit, nor at what ended before it was switched on."""
    ended = interaction.ended_at
    if now - ended > flow.flow.maximum_age:
        fact = f"ended {ended:%Y-%m-%dT%H:%M:%SZ}, limit {duration(flow.flow.maximum_age)}"
        return Finding(guard=Reason.TOO_OLD, fact=fact, refused=True)
    if flow.since is not None and ended < flow.since:
        fact = f"ended {ended:%Y-%m-%dT%H:%M:%SZ}, enabled {flow.since:%Y-%m-%dT%H:%M:%SZ}"
        return Finding(guard=Reason.BEFORE_FLOW_ENABLED, fact=fact, refused=True)
    return None


def _fits(flow: CompiledFlow, interaction: Outline) -> bool:
    """Everything but the ending. A source that tells no direction means inbound."""
    return (
        (not flow.kinds or interaction.kind in flow.kinds)
        and (not flow.directions or (interaction.direction or Direction.INBOUND) in flow.directions)
        and (not flow.tags or not flow.tags.isdisjoint(interaction.tags))
        and (not flow.without_tags or flow.without_tags.isdisjoint(interaction.tags))
        and (not flow.agent_tags or _has_agent_tag(flow, interaction))
        and (not flow.countries or country(interaction) in flow.countries)
        and (flow.holds is None or flow.holds(interaction))
    )


def _has_agent_tag(flow: CompiledFlow, interaction: Outline) -> bool:
    """Of any agent who took part."""
    return any(not flow.agent_tags.isdisjoint(leg.agent_tags) for leg in interaction.legs)


def _unmatched(interaction: Outline, *, only_ending: bool, unclear: Sequence[str]) -> Finding:
    """`unclear`: kinds of documents that cannot be read, for one of them might have matched."""
    if only_ending and interaction.ending is not Ending.CONNECTED:
        return Finding(
            guard=Reason.NOT_CONNECTED, fact=f"ended as {interaction.ending}", refused=True
        )
    fact = f"{interaction.direction or 'inbound'} {interaction.kind}, {interaction.ending}"
    queue = queue_of(interaction)
    fact += f", queue {queue}" if queue else ""
    fact += f"; unreadable: {', '.join(unclear)}" if unclear else ""
    return Finding(guard=Reason.NO_FLOW, fact=fact, refused=True)
