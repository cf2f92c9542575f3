"""A call that is reported in parts: they are kept as they come, and published once it is whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from common.bus import Message
from common.bus.appending import check
from common.database import Connection, Database
from common.errors import BadInput
from common.streams import erasure, outbox
from common.streams.outbox import Relay
from common.telemetry import logging
from ingest import repository
from ingest.domain.interaction import Report, message
from ingest.domain.joining import CallKey, Part, first_trace, joined, part
from ingest.service.reading import IntakeReport

log = logging.get(__name__)
BATCH = 500  # calls closed in one transaction
UNOPENED = timedelta(minutes=1)  # until it is looked whether the key of a part is there


@dataclass(frozen=True, slots=True)
class CallJoining:
    db: Database
    relay: Relay

    async def keep(self, reports: Sequence[IntakeReport]) -> list[Message]:
        """Stores what is but a part of a call; returns what is to be published at once."""
        if not any(report.settle for report in reports):
            return [message(taken.report) for taken in reports]
        async with self.db.transaction() as connection:
            return await self.keep_in(connection, reports)

    async def keep_in(
        self, connection: Connection, reports: Sequence[IntakeReport]
    ) -> list[Message]:
        """Likewise, in the caller's transaction."""
        parts = [(part(taken.report), taken.settle) for taken in reports if taken.settle]
        if parts:
            parts = await _without_erased(connection, parts)
        if parts:
            settle = {one.call: window for one, window in parts}
            await repository.add_parts(connection, [one for one, _ in parts], settle)
        return [message(taken.report) for taken in reports if not taken.settle]

    async def close_due(self) -> bool:
        """Publishes the calls whose window is over; true when there may be more."""
        async with self.db.transaction() as connection:
            due = await repository.due_calls(connection, limit=BATCH)
            if not due:
                return False
            parts = await repository.parts_of(connection, [call.key for call in due])
            if closed := [call.key for call in due if call.key not in parts]:
                await repository.put_off(connection, closed, by=UNOPENED)
            reports = {c.key: _whole(c, parts[c.key]) for c in due if c.key in parts}
            await outbox.write(connection, "ingest", _publishable(reports))
            revisions = {key: report.revision or 0 for key, report in reports.items()}
            await repository.mark_published(connection, revisions)
        self.relay.wake()
        return len(due) == BATCH


async def _without_erased(
    connection: Connection, parts: Sequence[tuple[Part, timedelta]]
) -> list[tuple[Part, timedelta]]:
    """Without those of somebody who was forgotten since."""
    people = {
        (one.call.workspace, contact)
        for one, _ in parts
        if (contact := one.report.interaction.contact_id) is not None
    }
    erased = await erasure.erased(connection, "ingest", people) if people else {}

    def is_late(one: Part) -> bool:
        told = one.report.interaction
        at = erased.get((told.workspace, told.contact_id)) if told.contact_id else None
        return at is not None and told.ended_at <= at

    return [(one, settle) for one, settle in parts if not is_late(one)]


def _whole(call: repository.DueCall, parts: Sequence[Part]) -> Report:
    """What is known of a call: its end, or the next amendment of it."""
    revision = None if call.revision is None else call.revision + 1
    return Report(joined(parts), revision, first_trace(parts))


def _publishable(reports: dict[CallKey, Report]) -> list[Message]:
    """Without calls that grew too large for any topic: they must not hold up the others."""
    messages = []
    for (workspace, interaction_id), report in reports.items():
        try:
            check([message(report)])
        except BadInput as error:
            log.error(
                "call_too_large",
                workspace=workspace,
                interaction_id=str(interaction_id),
                reason=str(error),
            )
        else:
            messages.append(message(report))
    return messages
