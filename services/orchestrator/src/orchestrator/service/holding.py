"""Somebody's lock on one contact keeps waiting who is about that contact, and nobody else.

A session that is forgotten with a row locked would else hold up every workspace whose calls come
by the same batches. What is about the contact comes again, in its order, until the lock is gone.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncpg

from common.database import Database
from common.errors import HeldRecords, Retry
from common.events import Envelope
from common.events.calls import InteractionAmended, Outline
from common.streams.consumer import Finish, Handler
from common.telemetry import logging
from orchestrator.domain.keys import Key
from orchestrator.repository.consent import contacts, links

log = logging.get(__name__)
E = TypeVar("E")
REASON = "the contact is locked"


def is_locked(error: Retry) -> bool:
    """A lock was waited for in vain."""
    return isinstance(error.__cause__, asyncpg.LockNotAvailableError)


async def held_by_others(db: Database, people: Collection[Key]) -> set[Key]:
    """Those of them whose rows cannot be locked at this moment. Raises `Retry`."""
    async with db.transaction() as connection:
        held = await contacts.held(connection, people)
        return held | await links.held(connection, people)


@dataclass(frozen=True, slots=True)
class Beside:
    """One per handler. It remembers who was held, so that nobody is waited for twice."""

    db: Database
    _held: set[Key] = field(default_factory=set)

    async def handle(
        self,
        handler: Callable[[Sequence[E]], Awaitable[Finish | None]],
        events: Sequence[E],
        person: Callable[[E], Key | None],
    ) -> Finish | None:
        """Raises `HeldRecords` for those about a contact that somebody has locked."""
        if self._held:
            self._held.intersection_update(await held_by_others(self.db, self._held))
        left = self._without_held(events, person)
        try:
            finish = await handler(left) if left else None
        except Retry as error:
            if not is_locked(error):
                raise
            people = {key for one in left if (key := person(one)) is not None}
            held = await held_by_others(self.db, people)
            if not held:
                raise
            self._held.update(held)
            log.warning("contacts_held", count=len(held))
            left = self._without_held(events, person)
            finish = await handler(left) if left else None
        if len(left) == len(events):
            return finish
        places = [n for n, one in enumerate(events) if person(one) in self._held]
        raise HeldRecords(places, REASON, finish)

    def _without_held(self, events: Sequence[E], person: Callable[[E], Key | None]) -> Sequence[E]:
        if not self._held:
            return events
        return [one for one in events if person(one) not in self._held]


def beside(db: Database, handler: Handler, person: Callable[[Any], Key | None]) -> Handler:
    """The handler, with a memory of its own of who is held."""
    one = Beside(db)
    return lambda events: one.handle(handler, events, person)


def of_event(event: Envelope[Any]) -> Key:
    """Whom a receipt, an answer or a word of consent is about."""
    return event.workspace, event.data.contact_id


def of_interaction(interaction: Outline) -> Key | None:
    who = interaction.contact_id
    return (interaction.workspace, who) if who is not None else None


def of_amendment(event: Envelope[InteractionAmended]) -> Key | None:
    return of_interaction(event.data.interaction)
