"""What flows would have made of calls that were: the same decisions, and nothing is written.

Everything that deciding remembers is remembered here: slots of contacts, asks of the day and of
the hour, asks that wait. It begins with nobody asked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from msgspec import structs

from common.events.calls import Outline
from common.events.decisions import Decision, Verdict
from orchestrator.domain.aiming import GUESSED
from orchestrator.domain.attribution import agent_of, queue_of
from orchestrator.domain.batch import Batch, decide_all
from orchestrator.domain.compiled import CompiledConfig, CompiledWorkspace
from orchestrator.domain.contact import NOBODY, Contact
from orchestrator.domain.freeze import Freezer
from orchestrator.domain.keys import Key
from orchestrator.domain.linking import ALONE, Members, Others, follow, others_of, told_by
from orchestrator.domain.prefixes import Prefix, hour_of
from orchestrator.domain.tally import Tally

MOST_GROUPS = 1_000  # agents or queues that are told, those of most calls


@dataclass(slots=True)
class Share:
    """Of an agent or a queue."""

    calls: int = 0
    asked: int = 0


@dataclass(slots=True)
class Outcome:
    """`replaced`: asks that stepped back for a newer call before they were out."""

    calls: int = 0
    asked: int = 0
    replaced: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    flows: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    agents: dict[str, Share] = field(default_factory=dict)
    queues: dict[str, Share] = field(default_factory=dict)

    def add(self, decisions: Iterable[Decision]) -> None:
        """Those of testers count nowhere, as they do not in figures."""
        for made in decisions:
            if made.test:
                continue
            invited = made.verdict is Verdict.INVITE
            self.calls += 1
            if invited:
                self.asked += 1
                self.flows[made.flow_id or ""] += 1
                self.channels[str(made.channel)] += 1
            else:
                self.reasons[str(made.reason)] += 1
            told: Outline = made.interaction
            _count(self.queues, queue_of(told), invited)
            _count(self.agents, agent_of(told), invited)


def _count(shares: dict[str, Share], name: str | None, invited: bool) -> None:
    share = shares.setdefault(name or "", Share())
    share.calls += 1
    share.asked += invited


def largest(shares: Mapping[str, Share]) -> dict[str, Share]:
    """Those of most calls, by name."""
    most = sorted(shares.items(), key=lambda item: (-item[1].calls, item[0]))[:MOST_GROUPS]
    return dict(sorted(most))


@dataclass(slots=True)
class Replay:
    """Of one workspace. `contacts`: who said something, was asked so far, or is linked; `members`:

    those of each person, all among `contacts`. `listed`: who of those that are played next is not
    to be contacted, in words.
    """

    config: CompiledConfig
    workspace: CompiledWorkspace
    contacts: dict[Key, Contact] = field(default_factory=dict)
    members: Members = field(default_factory=dict)
    listed: Mapping[Key, str] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)
    freezer: Freezer = field(default_factory=Freezer)
    answers_each: float = GUESSED  # of an ask, for flows that aim at answers
    _day: date = date.min
    _asked: int = 0
    _hour: datetime | None = None
    _alike: dict[Prefix, int] = field(default_factory=dict)
    _tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self._tally.aims.answers_each = self.answers_each

    def know(self, key: Key, contact: Contact) -> None:
        """As they are now; whom we know is as far as we played."""
        if key in self.contacts:
            return
        self.contacts[key] = contact
        if contact.link is not None and contact.link.person is not None:
            self.members.setdefault((key[0], contact.link.person), set()).add(key)

    def play(self, interactions: Sequence[Outline], now: datetime) -> list[Decision]:
        """Those that came together at that time, in their order."""
        self._turn(now)
        name = self.workspace.config.workspace.id
        self._tally.now = now
        asked = {name: self._asked}
        others = self._linked(interactions) if self.workspace.links_customers else ALONE
        self._send_what_is_due(interactions, others, now)
        batch = Batch(self.contacts, asked, self._alike, self._tally, self.listed, others)
        made = decide_all(
            interactions,
            batch,
            config=self.config,
            freezer=self.freezer,
            now=now,
            may_ask=True,
        )
        self._asked += batch.asks.get(name, 0)
        for prefix, asks in batch.asks_alike.items():
            self._alike[prefix] = self._alike.get(prefix, 0) + asks
        self.outcome.add(made)
        self.outcome.replaced += len(batch.replaced) + len(batch.unsent)
        return made

    def _linked(self, interactions: Iterable[Outline]) -> Others:
        """Those who are told to be one person, beside whom we knew to be."""
        told = told_by(interactions)
        for key in told:
            self.contacts.setdefault(key, NOBODY)
        follow(told, self.contacts, self.members)
        whose = {
            (one.workspace, link.person)
            for one in interactions
            if one.contact_id is not None
            and (contact := self.contacts.get((one.workspace, one.contact_id)))
            and (link := contact.link)
            and link.person is not None
        }
        return others_of({one: self.members[one] for one in whose})

    def _turn(self, now: datetime) -> None:
        """Another day of the workspace, another hour: what ceilings count begins anew."""
        day, hour = now.astimezone(self.workspace.zone).date(), hour_of(now)
        if day != self._day:
            self._day, self._asked = day, 0
        if hour != self._hour:
            self._hour, self._alike = hour, {}
            self._forget(now)

    def _forget(self, now: datetime) -> None:
        """What no cap of an agent, a team or a queue counts any more."""
        oldest = now - self.workspace.shared_memory
        slots = self._tally.slots
        for key, taken in slots.items():
            slots[key] = [slot for slot in taken if slot.ask.at > oldest]

    def _send_what_is_due(
        self, interactions: Iterable[Outline], others: Others, now: datetime
    ) -> None:
        """An ask that is out is replaced by nothing."""
        for one in interactions:
            if one.contact_id is None:
                continue
            key = one.workspace, one.contact_id
            for address in (key, *others.get(key, ())):
                contact = self.contacts.get(address)
                if contact is not None and contact.waiting:
                    waits = {ask.invitation_id for ask in contact.asks if ask.at > now}
                    self.contacts[address] = structs.replace(
                        contact, waiting=contact.waiting & waits
                    )
