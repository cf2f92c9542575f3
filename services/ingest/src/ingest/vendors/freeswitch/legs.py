"""Whose leg of a FreeSWITCH call a record is of, and who was at the other end of it.

Direction does not say: a call that the switch places for an agent or a dialler is outbound on the
customer's side, and a queue calls its agents without an originator. Relations say.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from common.events.values import Direction
from ingest.domain.body import Body
from ingest.domain.parties import is_extension, sides

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PARTNERS = ("bridge_uuid", "signal_bond", "last_bridge_to", "originate_signal_bond")
_MAILBOX = "app=voicemail"


@dataclass(frozen=True, slots=True)
class Party:
    """Who a call was placed to by the leg at hand."""

    number: str
    name: str | None
    channel: str

    @property
    def is_mailbox(self) -> bool:
        return _MAILBOX in self.number or _MAILBOX in self.channel


def is_others(facts: Body, profiles: Sequence[Body]) -> bool:
    """A leg whose call is told by another leg: somebody placed it, or a queue or a mailbox did."""
    placed = any(p.part("originator").values for p in profiles)
    if placed or facts.text("originating_leg_uuid") or facts.text("cc_side") == "agent":
        return True
    channel = facts.text("channel_name") or (profiles[-1].text("chan_name") if profiles else None)
    return (channel or "").startswith("loopback/")


def partner_of(facts: Body, profiles: Sequence[Body]) -> Party | None:
    """Who answered: of all who were called, the one that the leg was joined with."""
    called = [
        one
        for profile in profiles
        for one in profile.part("originatee").parts("originatee_caller_profiles")
    ]
    joined = {facts.text(name) for name in _PARTNERS} - {None}
    found = next((one for one in called if one.text("uuid") in joined), None)
    found = found or next(iter(called), None)
    if found is None:
        return None
    number = found.text("destination_number") or found.text("callee_id_number") or ""
    return Party(number, found.text("callee_id_name"), found.text("chan_name") or "")


def parties(
    outbound: bool, first: Body, facts: Body, partner: Party | None
) -> tuple[str, str, Direction | None] | None:
    """Customer, ours, direction; None where the leg is an agent's and another one tells the call.

    `outbound`: the switch placed this leg. It called the customer (a dialler), or an agent first
    and then the customer (click-to-dial).
    """
    caller = first.text("caller_id_number") or first.text("ani") or ""
    caller = (
        caller or facts.text("caller_id_number") or facts.text("effective_caller_id_number") or ""
    )
    called = first.text("destination_number") or facts.text("destination_number") or ""
    if not outbound:
        # "inbound" means towards the switch: extensions that dial out have it too.
        return sides(caller, called, None)
    if not _is_agent(called):
        return called, caller, Direction.OUTBOUND
    if partner is None or partner.is_mailbox or is_extension(partner.number):
        return None
    return partner.number, called, Direction.OUTBOUND


def _is_agent(called: str) -> bool:
    return is_extension(called) or not any(character.isdigit() for character in called)


def agent_of(
    facts: Body, partner: Party | None, direction: Direction | None, ours: str
) -> tuple[str | None, str | None]:
    """Id and name: the queue's own name of the agent, unless that is but a key (FusionPBX)."""
    named = local(facts.text("cc_agent"))
    if named and not _UUID.fullmatch(named):
        return named, None
    if direction is Direction.OUTBOUND and is_extension(ours):
        return ours, None
    if partner is not None and not partner.is_mailbox and _is_agent(partner.number):
        return local(partner.number), partner.name
    return named or (ours if direction is Direction.OUTBOUND else None), None


def local(name: str | None) -> str | None:
    """`billing@default` -> `billing`."""
    return name.partition("@")[0] or None if name else None
