"""What a source told after the fact: better attribution of a decided interaction, never an ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, reduce

from msgspec import NODEFAULT, structs

from common.bus import Bus, Message
from common.database import Database
from common.events import Envelope, decode
from common.events.calls import Interaction, InteractionAmended
from common.events.decisions import Decision
from common.events.values import Ending
from common.streams.consumer import Finish
from orchestrator import metrics
from orchestrator.domain.erasure import ERASED
from orchestrator.domain.keys import Key
from orchestrator.repository.deciding import decisions
from orchestrator.service import events as outgoing
from orchestrator.service.publishing import Outcome


@dataclass(frozen=True, slots=True)
class Amending:
    db: Database
    bus: Bus

    async def on_amended(self, events: Sequence[Envelope[InteractionAmended]]) -> Finish:
        """Same verdict, amended interaction, higher revision; an older revision changes nothing.

        Those that come together are told on in their order, for each may say something else. Nor
        does anything change a call whose caller was erased.
        """
        told_of: dict[Key, list[InteractionAmended]] = {}
        for event in sorted(events, key=lambda one: one.data.revision):
            told_of.setdefault((event.workspace, event.data.interaction.id), []).append(event.data)
        messages: dict[Key, Message] = {}
        async with self.db.transaction() as connection:
            stored = await decisions.lock_events(connection, told_of)
            for key, event_bytes in stored.items():
                known = decode(event_bytes, Decision)
                if known.data.interaction.address_problem == ERASED:
                    continue
                newer = [one for one in told_of[key] if one.revision > known.data.revision]
                if newer:
                    amended = reduce(_amended, newer, known.data)
                    messages[key] = outgoing.decided(amended, known.traceparent)
                else:  # published already, perhaps by somebody who died before committing offsets
                    messages[key] = outgoing.decided_before(event_bytes)
            told = {one: message.value or b"" for one, message in messages.items()}
            await decisions.amend(connection, told)
        metrics.AMENDED_UNKNOWN.inc(len(told_of) - len(stored))
        return partial(Outcome(list(messages.values())).publish, self.db, self.bus)


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
