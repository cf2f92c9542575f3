"""What a source told after the fact: better attribution of a decided interaction, never an ask."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial, reduce

from msgspec import NODEFAULT, structs

from common.bus import Bus, Message
from common.database import Connection, Database
from common.errors import Retry
from common.events import Envelope, decode, encode
from common.events.calls import Interaction, InteractionAmended
from common.events.decisions import Decision
from common.events.values import Ending
from common.streams import outbox
from common.streams.consumer import Finish
from common.telemetry import logging
from common.time import Clock, utc_now
from orchestrator import metrics
from orchestrator.domain.contact import Contact
from orchestrator.domain.erasure import ERASED, is_erased
from orchestrator.domain.keys import Key
from orchestrator.repository.consent import contacts
from orchestrator.repository.deciding import decisions, early
from orchestrator.service import events as outgoing
from orchestrator.service.publishing import Outcome

log = logging.get(__name__)
LIMIT = 500  # amendments in one transaction
KEPT = timedelta(days=1)  # for an interaction that is not decided yet
PAUSE = 2.0  # seconds between looks


@dataclass(frozen=True, slots=True)
class Amending:
    db: Database
    bus: Bus
    clock: Clock = utc_now
    committed: Callable[[], None] = lambda: None  # wakes the relay of the outbox

    async def run(self) -> None:
        """Until cancelled: applies what came too early, once its interaction is decided."""
        while True:
            try:
                while await self.look():
                    pass
            except Retry as error:
                log.warning("amending_later", reason=error.reason)
            await asyncio.sleep(PAUSE)

    async def look(self) -> bool:
        """Whether there may be more."""
        async with self.db.transaction() as connection:
            taken = await early.take_decided(connection, limit=LIMIT)
            if taken:
                events = [decode(one, InteractionAmended) for one in taken if one is not None]
                messages = await self._amend(connection, events)
                await outbox.write(connection, "orchestrator", messages)
            before = self.clock() - KEPT
            gone = await early.forget(connection, before=before, limit=LIMIT)
        metrics.AMENDED_UNKNOWN.inc(gone)
        if taken:
            self.committed()
        return LIMIT in (len(taken), gone)

    async def on_amended(self, events: Sequence[Envelope[InteractionAmended]]) -> Finish:
        """Same verdict, amended interaction, higher revision; an older revision changes nothing.

        Those that come together are told on in their order, for each may say something else. Nor
        does anything change a call whose caller was erased.
        """
        async with self.db.transaction() as connection:
            messages = await self._amend(connection, events)
        return partial(Outcome(messages).publish, self.db, self.bus)

    async def _amend(
        self, connection: Connection, events: Sequence[Envelope[InteractionAmended]]
    ) -> list[Message]:
        told_of: dict[Key, list[Envelope[InteractionAmended]]] = {}
        for event in sorted(events, key=lambda one: one.data.revision):
            told_of.setdefault((event.workspace, event.data.interaction.id), []).append(event)
        people = {
            (event.workspace, who)
            for event in events
            if (who := event.data.interaction.contact_id) is not None
        }
        locked = await contacts.lock(connection, people) if people else {}
        stored = await decisions.lock_events(connection, told_of)
        messages: dict[Key, Message] = {}
        for key, event_bytes in stored.items():
            if event_bytes is None:  # what cannot be read cannot be amended
                metrics.AMENDED_UNKNOWN.inc(len(told_of[key]))
                continue
            known = decode(event_bytes, Decision)
            if known.data.interaction.address_problem == ERASED:
                continue
            newer = [e.data for e in told_of[key] if e.data.revision > known.data.revision]
            if newer:
                amended = reduce(_amended, newer, known.data)
                messages[key] = outgoing.decided(amended, known.traceparent)
            else:  # published already, perhaps by somebody who died before committing offsets
                messages[key] = outgoing.decided_before(event_bytes)
        told = {one: message.value or b"" for one, message in messages.items()}
        await decisions.amend(connection, told)
        unknown = [e for key in told_of.keys() - stored for e in told_of[key]]
        await self._keep(connection, unknown, locked)
        return list(messages.values())

    async def _keep(
        self,
        connection: Connection,
        events: Sequence[Envelope[InteractionAmended]],
        people: Mapping[Key, Contact],
    ) -> None:
        """Until their interaction is decided, unless their person was erased since.

        Of a workspace that tells of ever more calls that never end, some are kept.
        """
        now, rows = self.clock(), []
        full = await early.full(connection, {one.workspace for one in events}) if events else ()
        for event in events:
            if event.workspace in full:
                metrics.AMENDED_UNKNOWN.inc()
                continue
            told = event.data.interaction
            contact = people.get((event.workspace, told.contact_id)) if told.contact_id else None
            if not is_erased(told, contact):
                key = event.workspace, told.id
                rows.append((*key, event.data.revision, told.contact_id, encode(event), now))
        if rows:
            await early.keep(connection, rows)


def _amended(decision: Decision, amendment: InteractionAmended) -> Decision:
    """Who was asked stays, and what is not told again: only the attribution is newer."""
    before: Interaction = decision.interaction
    told = {
        name: value
        for name, value in structs.asdict(amendment.interaction).items()
        if name not in _STAYS and value != _UNTOLD.get(name)
    }
    if amendment.interaction.ending is Ending.UNKNOWN:  # it knows nothing of the end
        del told["ending"], told["ended_at"]
    return structs.replace(
        decision, revision=amendment.revision, interaction=structs.replace(before, **told)
    )


_STAYS = {"id", "workspace", "contact_id", "address", "address_problem", "country", "test"}
_UNTOLD = {
    one.name: one.default_factory() if one.default is NODEFAULT else one.default
    for one in structs.fields(Interaction)
    if not one.required
}
