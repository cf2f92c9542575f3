"""A fact that somebody has locked waits alone: the counts of others go on."""

from collections.abc import Collection
from uuid import UUID

from analytics.repository import facts
from analytics.repository.facts import Key
from analytics.service.intake import Intake
from common.database import Database
from common.events import Envelope
from common.events.decisions import Decision
from common.events.responses import Response
from common.events.sends import Delivery
from common.streams.consumer import Handler
from common.streams.holding import Beside


def handlers(intake: Intake) -> dict[type[Decision] | type[Delivery] | type[Response], Handler]:
    """By what they take; each with a memory of its own of what is held."""
    return {
        Decision: _beside(intake.db, intake.on_decisions),
        Delivery: _beside(intake.db, intake.on_deliveries),
        Response: _beside(intake.db, intake.on_responses),
    }


def _beside(db: Database, handler: Handler) -> Handler:
    async def held(keys: Collection[Key]) -> set[Key]:
        async with db.transaction() as connection:
            return await facts.held_by_others(connection, keys)

    one = Beside(held, "fact")
    return lambda events: one.handle(handler, events, _of_event)


def _of_event(event: Envelope[Decision | Delivery | Response]) -> Key:
    return event.workspace, _interaction(event.data)


def _interaction(told: Decision | Delivery | Response) -> UUID:
    return told.interaction.id if isinstance(told, Decision) else told.interaction_id
