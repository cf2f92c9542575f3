"""People of an audience: as somebody brought them, and the interaction that each becomes."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from common.events import encode, envelope, head_of
from common.events.calls import Interaction, Leg
from common.events.values import Ending, Kind
from common.ids import interaction_id
from common.phone import country_of
from orchestrator.domain.interaction_view import InteractionView, view_of
from orchestrator.domain.invitation import PATH

SOURCE = "audience"
NAME = "audience"  # the attribute that says which


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """`address`: E.164 or e-mail."""

    address: str
    contact_id: UUID
    person_id: UUID | None = None
    name: str | None = None
    language: str | None = None
    queue: str | None = None
    agent: str | None = None
    team: str | None = None
    our_number: str | None = None
    attributes: Mapping[str, str] = msgspec.field(default_factory=dict)


def interaction_of(workspace: str, audience: str, person: Person, at: datetime) -> InteractionView:
    """`at`: when the person is taken. The same person of an audience is the same interaction."""
    leg = Leg(agent_id=person.agent, team=person.team, queue=person.queue)
    interaction = Interaction(
        id=id_of(workspace, audience, person.contact_id),
        workspace=workspace,
        kind=Kind.AUDIENCE,
        ending=Ending.CONNECTED,
        address=person.address,
        contact_id=person.contact_id,
        person_id=person.person_id,
        country=None if "@" in person.address else country_of(person.address),
        ended_at=at,
        source=SOURCE,
        our_number=person.our_number,
        queue=person.queue,
        legs=(leg,) if person.agent or person.team else (),
        language=person.language,
        customer_name=person.name,
        attributes={**person.attributes, NAME: audience},
    )
    event = envelope(
        interaction,
        aggregate=interaction.id,
        revision=0,
        source=PATH,
        time=at,
        workspace=workspace,
    )
    return view_of(head_of(encode(event)))


def id_of(workspace: str, audience: str, contact: UUID) -> UUID:
    """Of the interaction that the person becomes."""
    return interaction_id(workspace, SOURCE, f"{audience}/{contact}")
