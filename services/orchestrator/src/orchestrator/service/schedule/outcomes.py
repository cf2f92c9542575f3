"""What senders report about steps: went out, failed, refused, answered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from common.database import Connection, Database
from common.events import Envelope
from common.events.reach import dead_channels
from common.events.responses import Response
from common.events.sends import Delivery, DeliveryStatus
from common.ids import step_id
from common.time import Clock, utc_now
from orchestrator.domain.channel_plan import ANSWERED, Happening, Reported
from orchestrator.domain.consent import BITS
from orchestrator.domain.contact import Contact
from orchestrator.domain.invitation import Planned
from orchestrator.domain.keys import Key
from orchestrator.domain.notes import calls_for_note
from orchestrator.repository.configuration import lock
from orchestrator.repository.consent import contacts
from orchestrator.repository.schedule import invitations
from orchestrator.service.consent import people as people_of
from orchestrator.service.consent.people import People
from orchestrator.service.current_config import CurrentConfig
from orchestrator.service.schedule import noting, progress

_OUT = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED)
_ENDS = (DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Outcomes:
    db: Database
    config: CurrentConfig
    clock: Clock = utc_now
    committed: Callable[[], None] = lambda: None  # wakes the relay of the outbox

    async def on_deliveries(self, events: Sequence[Envelope[Delivery]]) -> None:
        """Each in its order; what follows is the channel plan's affair."""
        told: dict[Key, list[Delivery]] = {}
        for event in events:
            if event.data.status in (*_OUT, *_ENDS, DeliveryStatus.UNKNOWN):
                told.setdefault((event.workspace, event.data.invitation_id), []).append(event.data)
        if not told:
            return
        now = self.clock()
        async with self.db.transaction() as connection:
            people = await self._lock_people(connection, events)
            await _remember_dead(connection, events, people)
            planned = await invitations.lock(connection, told.keys())
            happenings = {one.invitation.key: _reports(one, told) for one in planned}
            moved = progress.follow(planned, happenings, now)
            news = await progress.write(connection, moved, people, now=now)
        if news:
            self.committed()

    async def on_responses(self, events: Sequence[Envelope[Response]]) -> None:
        """An answer is the last word, whatever was thought of the ask before."""
        answered = {(event.workspace, event.data.invitation_id) for event in events}
        who = {(event.workspace, event.data.contact_id) for event in events}
        read = [event for event in events if calls_for_note(event.data)]
        now = self.clock()
        async with self.db.transaction() as connection:
            if read:  # nothing is told by a configuration that no longer holds
                await lock.share(connection)
                config = await self.config.get(connection)
                people = await people_of.lock(connection, who, config)
            else:
                people = People(await contacts.lock(connection, who))
            alive = {
                k: (0, None) for k in who & people.contacts.keys() if people.contacts[k].unreachable
            }
            if alive:
                await contacts.store_unreachable(connection, alive)
            planned = await invitations.lock(connection, answered)
            news = await progress.stop(connection, planned, ANSWERED, {}, now=now)
            if read:
                news |= await noting.note(connection, read, planned, people, config=config, now=now)
        if news:
            self.committed()

    async def _lock_people(
        self, connection: Connection, events: Sequence[Envelope[Delivery]]
    ) -> Mapping[Key, Contact]:
        """Whose slots may become free: first of all locks. Most reports free none."""
        ended = {
            (event.workspace, event.data.contact_id)
            for event in events
            if event.data.final and event.data.status in _ENDS
        }
        return await contacts.lock(connection, ended) if ended else {}


async def _remember_dead(
    connection: Connection,
    events: Sequence[Envelope[Delivery]],
    people: Mapping[Key, Contact],
) -> None:
    """The newest report counts; the channels add up until one of them answers."""
    dead: dict[Key, tuple[int, datetime | None]] = {}
    for event in events:
        key = event.workspace, event.data.contact_id
        if not event.data.final or event.data.status is not DeliveryStatus.FAILED:
            continue
        channels = dead_channels(event.data.failure, event.data.channel)
        if not channels or key not in people:
            continue
        bits, since = dead.get(key, (people[key].unreachable, people[key].unreachable_since))
        for channel in channels:
            bits |= BITS[channel]
        dead[key] = bits, max(since or event.data.at, event.data.at)
    if dead:
        await contacts.store_unreachable(connection, dead)


def _reports(planned: Planned, told: Mapping[Key, Sequence[Delivery]]) -> list[Happening]:
    key = planned.invitation.key
    numbers = {step_id(key[1], step.number): step.number for step in planned.course.steps}
    return [
        Reported(
            number=numbers[delivery.step_id],
            status=delivery.status,
            final=delivery.final,
            sent_at=_sent_at(delivery),
            failure=delivery.failure,
            reason=delivery.reason,
        )
        for delivery in told[key]
        if delivery.step_id in numbers
    ]


def _sent_at(delivery: Delivery) -> datetime | None:
    if delivery.status in _OUT:
        return delivery.sent_at or delivery.delivered_at or delivery.at
    return delivery.sent_at or delivery.delivered_at
