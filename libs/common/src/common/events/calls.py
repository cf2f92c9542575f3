"""A call, ticket or chat is over. Written by ingest, read by the orchestrator."""

from typing import Annotated, Self
from uuid import UUID

from msgspec import field, structs
from pydantic import Field

from common.events.fact import Fact
from common.events.values import Direction, Ending, Kind, Seconds, Text, Time, Word

ERASED = "erased"  # an `address_problem`: the person is to be forgotten


class Leg(Fact, frozen=True, kw_only=True):
    """One agent's part of the conversation, as the event told it: frozen, never looked up later."""

    agent_id: Word | None = None
    agent_name: Word | None = None
    agent_tags: Annotated[tuple[Word, ...], Field(max_length=50)] = ()
    team: Word | None = None
    queue: Word | None = None
    talk_seconds: Annotated[Seconds, Field(strict=True)] | None = None


class Outline(Fact, frozen=True, kw_only=True):
    """What deciding looks at; the rest of an interaction is only passed on."""

    id: UUID
    workspace: Word
    kind: Kind
    ending: Ending
    address: Word | None
    ended_at: Time
    contact_id: UUID | None = None  # None exactly when there is no address
    address_problem: str | None = (
        None  # hidden | invalid | erased; with an address: premium_rate, ...
    )
    source: Word | None = None
    direction: Direction | None = None
    started_at: Time | None = None
    agent_answered_at: Time | None = None
    our_number: Word | None = None  # DID, E.164 where it is one
    country: Word | None = None  # of the address, ISO 3166
    queue: Word | None = None
    legs: Annotated[tuple[Leg, ...], Field(max_length=50)] = ()
    talk_seconds: Seconds | None = None
    tags: Annotated[tuple[Word, ...], Field(max_length=50)] = ()
    language: Word | None = None
    customer_name: Word | None = None
    person_id: UUID | None = None  # of the customer id that the source told: common.ids
    do_not_survey: bool = False
    test: bool = False


class Interaction(Outline, frozen=True, kw_only=True):
    """What may start a survey. Six fields are required; the rest is as the source knew it.

    `address` is the customer's E.164 number (or e-mail), whichever party that was; it is None when
    the caller hid it or it is no number (`address_problem` says which). `legs` are in time order.
    """

    call_id: Word | None = None  # the source's own name for it
    site: Word | None = None
    region: Word | None = None
    wait_seconds: Seconds | None = None
    hold_seconds: Seconds | None = None
    transfers: Annotated[int, Field(ge=0, le=100)] = 0
    disposition: Word | None = None  # issue type
    recording_url: Text | None = None
    linked: Annotated[tuple[Word, ...], Field(max_length=10)] = ()  # other addresses of the person
    attributes: Annotated[dict[Word, Text], Field(max_length=50)] = field(default_factory=dict)

    def without_person(self) -> Self:
        """What happened and whose work it was stays; nothing leads to the person any more."""
        return structs.replace(
            self,
            address=None,
            contact_id=None,
            address_problem=ERASED,
            customer_name=None,
            person_id=None,
            call_id=None,
            recording_url=None,
            linked=(),
            attributes={},
        )


class InteractionAmended(Fact, frozen=True, kw_only=True):
    """What a source told after the fact: better attribution, never a reason to ask again."""

    interaction: Interaction
    revision: int
