"""Who asks people in India by text, and who did before something changes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from common.config import Flow, SmsNumber, TwilioSmsAccount, WorkspaceConfig
from common.config.dlt import INDIA
from common.events.values import Channel
from orchestrator.domain.configuring.places import Places

Sender = tuple[TwilioSmsAccount, int, SmsNumber]
# By account and header: the account, and the numbers that the header stands for.
Headers = dict[tuple[str, str], tuple[TwilioSmsAccount, list[str]]]
Earlier = Callable[[], WorkspaceConfig | None]


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks people in India by text: flows that are on, and the senders that they ask from."""

    flows: tuple[Flow, ...] = ()
    senders: tuple[Sender, ...] = ()

    @classmethod
    def of(cls, config: WorkspaceConfig | None) -> "Asking":
        if config is None or INDIA not in config.countries:
            return cls()
        flows = tuple(flow for flow in config.flows.values() if _asks(flow, config))
        return cls(flows, tuple(_senders(config)) if flows else ())

    @property
    def names(self) -> set[str]:
        return {flow.id for flow in self.flows}

    @property
    def bare(self) -> list[Sender]:
        return [found for found in self.senders if found[2].header is None]

    @property
    def headers(self) -> Headers:
        found: Headers = {}
        for account, _, sender in self.senders:
            if sender.header is not None:
                under = found.setdefault((account.id, sender.header), (account, []))
                under[1].append(sender.number)
        return found


def _asks(flow: Flow, config: WorkspaceConfig) -> bool:
    by_text = flow.after_call is Channel.SMS or plans_texts(flow)
    there = not flow.when.countries or INDIA in flow.when.countries
    return flow.enabled and flow.survey in config.surveys and by_text and there


def plans_texts(flow: Flow) -> bool:
    return any(step.channel is Channel.SMS for step in flow.plan)


def _senders(config: WorkspaceConfig) -> list[Sender]:
    """From which people in India are written to: never from the number that they called."""
    two_way = [
        (account, index, sender)
        for account in config.accounts.values()
        if isinstance(account, TwilioSmsAccount)
        for index, sender in enumerate(account.senders)
        if sender.two_way
    ]
    own = [found for found in two_way if INDIA in found[2].countries]
    anywhere = [found for found in two_way if not found[2].countries]
    if len(own) == 1 and own[0][2].number in config.numbers:
        return own + anywhere
    return own or anywhere


@dataclass(frozen=True)
class Changing:
    """What asks in India, what did before, and which documents change."""

    now: Asking
    earlier: Earlier
    places: Places

    @cached_property
    def before(self) -> Asking:
        return Asking.of(self.earlier())

    @cached_property
    def asked_bare(self) -> set[str]:
        """Flows that could from a sender without a header."""
        return self.before.names if self.before.bare else set()

    @cached_property
    def headers(self) -> Headers:
        return self.now.headers

    @cached_property
    def known(self) -> set[tuple[str, str]]:
        """Headers that were asked under there already: none where nobody was asked at all."""
        return set(self.before.headers)

    @cached_property
    def words(self) -> bool:
        """Whether brand, links or words of numbers may change."""
        return any(kind in ("number", "workspace") for kind, _ in self.places.changed)

    def has(self, kind: str, identity: str) -> bool:
        return (kind, identity) in self.places.changed
