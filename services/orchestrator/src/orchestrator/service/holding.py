"""Who is locked by somebody waits alone: whom an event is about, and how it is seen."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from common.database import Database
from common.events import Envelope
from common.events.calls import InteractionAmended, Outline
from common.streams.consumer import Handler
from common.streams.holding import Beside
from orchestrator.domain.keys import Key
from orchestrator.repository.consent import contacts, links


async def held_by_others(db: Database, people: Collection[Key]) -> set[Key]:
    """Those of them whose rows cannot be locked at this moment. Raises `Retry`."""
    async with db.transaction() as connection:
        held = await contacts.held(connection, people)
        return held | await links.held(connection, people)


def waiting_alone(db: Database) -> Beside[Key]:
    """With a memory of its own of who is held."""
    return Beside(partial(held_by_others, db), "contact")


def beside(db: Database, handler: Handler, person: Callable[[Any], Key | None]) -> Handler:
    """The handler, whose other people do not wait for who is held."""
    one = waiting_alone(db)
    return lambda events: one.handle(handler, events, person)


def of_event(event: Envelope[Any]) -> Key:
    """Whom a receipt, an answer or a word of consent is about."""
    return event.workspace, event.data.contact_id


def of_interaction(interaction: Outline) -> Key | None:
    who = interaction.contact_id
    return (interaction.workspace, who) if who is not None else None


def of_amendment(event: Envelope[InteractionAmended]) -> Key | None:
    return of_interaction(event.data.interaction)
