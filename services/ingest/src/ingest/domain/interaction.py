"""From what a source reports to the interaction that everybody else works with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from uuid import UUID

from msgspec import structs

from common import ids, phone
from common.bus import Message
from common.config.models import Numbers, NumberUse, Source
from common.config.reader import WorkspaceConfig
from common.events import encode, envelope
from common.events.calls import Interaction, InteractionAmended, Leg
from common.events.values import Direction, Kind
from common.topics import INTERACTIONS
from ingest.domain.call import Call
from ingest.domain.parties import plussed

PATH = "/ingest"
# Enough to tell an address from a slip; whether it exists is for the mail to find out.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_DERIVED = {
    "id",
    "address",
    "direction",
    "our_number",
    "site",
    "region",
    "linked",
    "customer_id",
} | {"legs"}
_COPIED = tuple(f.name for f in fields(Call) if f.name not in _DERIVED)


@dataclass(frozen=True, slots=True)
class Report:
    """One report of an interaction: `revision` None says that it ended, else what changed since.

    `traceparent` is that of whoever sent it (W3C); a repetition may have another one.
    """

    interaction: Interaction
    revision: int | None = None
    traceparent: str | None = None


def interaction(
    call: Call, config: WorkspaceConfig, *, source: str, settings: Source | None, pepper: bytes
) -> Interaction:
    """`settings`: those of the source where it is a configured one, for region and site."""
    workspace = config.workspace.id
    assumed = settings.region if settings else None
    if settings is not None and settings.numbers is Numbers.INTERNATIONAL:
        call = _with_plus(call)
    customer, ours, direction = _sides(call, config, assumed)
    address, problem = _address(customer, call.kind, assumed)
    our_number = phone.normalised(ours, assumed) or ours.strip() or None
    line = config.numbers.get(our_number) if our_number else None
    return Interaction(
        id=ids.interaction_id(workspace, source, call.id),
        workspace=workspace,
        source=source,
        call_id=call.id,
        address=address,
        address_problem=problem,
        contact_id=ids.contact_id(pepper, workspace, address) if address else None,
        country=phone.country_of(address) if address and "@" not in address else None,
        direction=direction,
        our_number=our_number,
        site=call.site or (line and line.site) or (settings and settings.site) or None,
        region=call.region or (line and line.region) or None,
        linked=_linked(call, address, assumed),
        person_id=_person(call.customer_id, workspace, pepper),
        legs=_legs(call.legs),
        **{name: getattr(call, name) for name in _COPIED},
    )


def _person(customer: str | None, workspace: str, pepper: bytes) -> UUID | None:
    return ids.person_id(pepper, workspace, customer) if customer else None


def _legs(legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """Without agents whose telephone only rang, where somebody is known to have talked."""
    if not any(leg.talk_seconds for leg in legs):
        return tuple(legs)
    return tuple(leg for leg in legs if leg.talk_seconds != 0)


def _with_plus(call: Call) -> Call:
    """Of a source whose numbers have their country's code and no plus."""
    return replace(
        call,
        address=plussed(call.address),
        our_number=plussed(call.our_number) if call.our_number else None,
        linked=tuple(map(plussed, call.linked)),
    )


def _sides(
    call: Call, config: WorkspaceConfig, region: str | None
) -> tuple[str, str, Direction | None]:
    """Customer, ours, direction. Unsaid, a call is inbound unless one of our lines made it."""
    ours = call.our_number or ""
    if call.direction is not None:
        return call.address, ours, call.direction
    line = config.numbers.get(phone.normalised(call.address, region) or "")
    if line is not None and line.use is NumberUse.LINE:
        return ours, call.address, Direction.OUTBOUND
    return call.address, ours, Direction.INBOUND


def _address(raw: str, kind: Kind, region: str | None) -> tuple[str | None, str | None]:
    """The address, and why nobody can be asked there; None where it is `hidden` or `invalid`."""
    text = raw.strip().lower()
    # In a call, user@host is a SIP address: nobody can be asked there.
    if kind is not Kind.CALL and _EMAIL.fullmatch(text):
        return text, None
    if phone.is_withheld(raw):
        return None, "hidden"
    number = phone.normalised(raw, region)
    return (number, phone.not_to_be_asked(number)) if number else (None, "invalid")


def _linked(call: Call, address: str | None, region: str | None) -> tuple[str, ...]:
    """The person's other addresses that are any, each once."""
    found = (_address(raw, Kind.CHAT, region)[0] for raw in call.linked)
    return tuple(dict.fromkeys(other for other in found if other and other != address))


def message(report: Report) -> Message:
    """What goes to the interactions topic; the same report is the same event."""
    interaction = report.interaction
    fact: Interaction | InteractionAmended = interaction
    if report.revision is not None:
        fact = InteractionAmended(interaction=interaction, revision=report.revision)
    event = envelope(
        fact,
        aggregate=interaction.id,
        revision=report.revision or 0,
        source=PATH,
        time=interaction.ended_at,
        workspace=interaction.workspace,
    )
    if report.traceparent is not None:
        event = structs.replace(event, traceparent=report.traceparent)
    key = str(interaction.contact_id or interaction.id).encode()
    return Message(INTERACTIONS, key, encode(event))
