"""What is counted beyond one contact: asks of a quota's period, of an agent, a team or a queue.

Read before a batch is decided, kept up to date while it is, and counted again when it is stored:
then everybody who asks for the same name waits for its row, and whoever is over decides again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from common.events.calls import Outline
from orchestrator.domain.aiming import Aims
from orchestrator.domain.attribution import name_of
from orchestrator.domain.caps import CapRule
from orchestrator.domain.compiled import CompiledWorkspace
from orchestrator.domain.compiled_flow import CompiledFlow
from orchestrator.domain.contact import Ask
from orchestrator.domain.quotas import QuotaKey


class CapKey(NamedTuple):
    """Whose asks are counted together. `name`: "" is that none was told."""

    workspace: str
    by: str
    name: str


class Slot(NamedTuple):
    """A planned ask, and the caps by its agent, team or queue that it has to respect."""

    ask: Ask
    rules: tuple[CapRule, ...]


@dataclass(slots=True)
class Tally:
    """`counted` and `asks` as they were read; `planned` and `slots` by this batch since.

    `aims`: the answers that flows aim at.
    """

    now: datetime | None = None
    counted: Mapping[QuotaKey, int] = field(default_factory=dict)
    asks: Mapping[CapKey, Sequence[Ask]] = field(default_factory=dict)
    planned: dict[QuotaKey, int] = field(default_factory=dict)
    slots: dict[CapKey, list[Slot]] = field(default_factory=dict)
    aims: Aims = field(default_factory=Aims)

    def used(self, key: QuotaKey) -> int:
        return self.counted.get(key, 0) + self.planned.get(key, 0)

    def asked(self, key: CapKey) -> list[Ask]:
        mine = [slot.ask for slot in self.slots.get(key, ())]
        return [*self.asks.get(key, ()), *mine]

    def plan(self, flow: CompiledFlow, workspace: str, interaction: Outline, ask: Ask) -> None:
        """Takes the slots of an ask that was decided."""
        assert self.now is not None
        for quota in flow.quotas:
            key = quota.key(interaction, self.now)
            self.planned[key] = self.planned.get(key, 0) + 1
        by_key: dict[CapKey, tuple[CapRule, ...]] = {}
        for cap in flow.shared_caps:
            one = cap_key(cap, workspace, interaction)
            by_key[one] = (*by_key.get(one, ()), cap)
        for one, of_key in by_key.items():
            self.slots.setdefault(one, []).append(Slot(ask, of_key))


NOTHING = Tally()


def cap_key(cap: CapRule, workspace: str, interaction: Outline) -> CapKey:
    return CapKey(workspace, cap.by, name_of(cap.by, interaction))


def keys(
    interactions: Iterable[tuple[CompiledWorkspace, Outline]], now: datetime
) -> tuple[set[QuotaKey], set[CapKey]]:
    """All that deciding these may look at."""
    quotas: set[QuotaKey] = set()
    caps: set[CapKey] = set()
    for workspace, interaction in interactions:
        for flow in workspace.limited:
            quotas.update(quota.key(interaction, now) for quota in flow.quotas)
            name = workspace.config.workspace.id
            caps.update(cap_key(cap, name, interaction) for cap in flow.shared_caps)
    return quotas, caps


def holds(before: Sequence[Ask], slots: Iterable[Slot]) -> bool:
    """Whether these slots, one after the other, respect their caps on top of what was asked."""
    asks = list(before)
    for slot in slots:
        if any(rule.used(asks, slot.ask.at) >= rule.asks for rule in slot.rules):
            return False
        asks.append(slot.ask)
    return True
