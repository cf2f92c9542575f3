"""What a source told after the fact: better attribution of a decided interaction, never an ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from msgspec import structs

from common.bus import Bus, Message
from common.database import Database
from common.events import Envelope, decode
from common.events.calls import Interaction, InteractionAmended
from common.events.decisions import Decision
from common.streams.consumer import Finish
from orchestrator import metrics
from orchestrator.domain.keys import Key
from orchestrator.repository.deciding import decisions
from orchestrator.service import events as outgoing
from orchestrator.service.publishing import Outcome


@dataclass(frozen=True, slots=True)
class Amending:
    db: Database
    bus: Bus

    async def on_amended(self, events: Sequence[Envelope[InteractionAmended]]) -> Finish:
        """Same verdict, amended interaction, higher revision; an older revision changes nothing."""
        newest: dict[Key, InteractionAmended] = {}
        for event in events:
            key = event.workspace, event.data.interaction.id
            latest = newest.setdefault(key, event.data)
            if event.data.revision > latest.revision:
                newest[key] = event.data
        messages: list[Message] = []
        async with self.db.transaction() as connection:
            stored = await decisions.lock_events(connection, newest)
            for key, event_bytes in stored.items():
                known = decode(event_bytes, Decision)
                if newest[key].revision > known.data.revision:
                    amended = _amended(known.data, newest[key])
                    messages.append(outgoing.decided(amended, known.traceparent))
                else:  # published already, perhaps by somebody who died before committing offsets
                    messages.append(outgoing.decided_before(event_bytes))
            new = zip(stored, messages, strict=True)
            await decisions.amend(connection, {one: message.value or b"" for one, message in new})
        metrics.AMENDED_UNKNOWN.inc(len(newest) - len(stored))
        return partial(Outcome(messages).publish, self.db, self.bus)


def _amended(decision: Decision, amendment: InteractionAmended) -> Decision:
    """Who was asked stays: only the attribution of the interaction is newer."""
    before: Interaction = decision.interaction
    return structs.replace(
        decision,
        revision=amendment.revision,
        interaction=structs.replace(
            amendment.interaction,
            contact_id=before.contact_id,
            address=before.address,
            address_problem=before.address_problem,
            country=before.country,
        ),
    )
