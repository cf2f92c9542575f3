"""The use cases of ingest: take a report, keep the parts of a call, tell it when it is whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from common.bus import Bus, Message, Record
from common.bus.appending import check
from common.config.reader import ConfigReader
from common.database import Connection, Database
from common.errors import BadInput, Problem, Retry
from common.events.calls import Interaction
from common.streams import outbox
from common.streams.consumer import Finish
from common.streams.outbox import Relay
from common.telemetry import logging
from common.time import Clock, utc_now
from common.topics import intake
from ingest import metrics, repository
from ingest.domain.body import Malformed
from ingest.domain.interaction import Reported, message
from ingest.domain.joining import Part, first_trace, joined, part
from ingest.domain.signature import WINDOW, verified
from ingest.domain.vendor import Inbound
from ingest.schemas import CloudEvent
from ingest.service.noting import note
from ingest.service.reading import Sender, Told, read, read_cloud_event, received
from ingest.service.secrets import Secrets
from ingest.vendors import CLOUDEVENTS

log = logging.get(__name__)
CONFIG_AGE = 1.0  # seconds; a source that was just applied answers 404 for no longer than that
INTAKE_PARTITIONS = 3
BATCH = 500  # calls closed in one transaction
KEPT = timedelta(days=7)  # parts hold addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """Every way in ends here; what is taken is durable when a method returns."""

    db: Database
    bus: Bus
    relay: Relay
    config: ConfigReader
    pepper: bytes
    secrets: Secrets = field(default_factory=Secrets)
    clock: Clock = utc_now

    async def take_event(self, event: CloudEvent, workspace: str) -> Interaction:
        """A CloudEvent of a caller who may write to this workspace. Raises `BadInput`."""
        told = await self._told(event, workspace)
        await self.bus.publish([message(told.reported)])
        note(told, way="http")
        return told.reported.interaction

    async def take_batch(
        self, events: Sequence[CloudEvent | BadInput], workspace: str | None
    ) -> list[Interaction | BadInput]:
        """Each by itself, so that a bad one is no trouble of the others; all good ones or none.

        `workspace` None: each event names its own.
        """
        told = [await self._told_or_wrong(event, workspace) for event in events]
        good = [one for one in told if isinstance(one, Told)]
        await self.bus.publish([message(one.reported) for one in good])
        for one in good:
            note(one, way="http")
        if refused := len(told) - len(good):
            metrics.REFUSED.labels(CLOUDEVENTS, "invalid").inc(refused)
            log.warning("events_refused", workspace=workspace, refused=refused, of=len(told))
        return [one.reported.interaction if isinstance(one, Told) else one for one in told]

    async def _told_or_wrong(
        self, event: CloudEvent | BadInput, workspace: str | None
    ) -> Told | BadInput:
        if isinstance(event, BadInput):
            return event
        workspace = workspace or event.workspace
        if workspace is None:
            return BadInput.at("workspace", "is needed with an operator's key")
        try:
            return await self._told(event, workspace)
        except BadInput as error:
            return error

    async def _told(self, event: CloudEvent, workspace: str) -> Told:
        if event.workspace not in (None, workspace):
            raise BadInput.at("workspace", "does not agree with the key's workspace")
        config = await self.config.workspace(workspace, max_age=CONFIG_AGE)
        if config is None:
            raise BadInput.at("workspace", "there is no such workspace")
        return read_cloud_event(event, config, pepper=self.pepper, now=self.clock())

    async def admit(self, source: str, secret: str) -> Sender:
        """The sender whose URL was called. Raises `Problem` 404 or 401."""
        sender = await self._sender(source)
        if not self.secrets.admits(sender.source, secret):
            metrics.REFUSED.labels(sender.source.vendor, "secret").inc()
            raise Problem(401, "Wrong secret")
        return sender

    async def take_call(self, sender: Sender, inbound: Inbound) -> Interaction | None:
        """An admitted sender's request; None for an event of no use. Raises `BadInput`."""
        if not self.secrets.is_genuine(sender.source, inbound, self.clock()):
            metrics.REFUSED.labels(sender.source.vendor, "signature").inc()
            raise Problem(401, "Wrong signature")
        told = self._read(inbound, sender)
        if told is None:
            return None
        await self.bus.publish(await self.keep([told]))
        note(told, way="http")
        return told.reported.interaction

    async def take_webhook(self, source: str, inbound: Inbound) -> tuple[Interaction | None, bool]:
        """A signed request (Standard Webhooks), and whether it is new.

        Its id is remembered in the transaction that stores what it told, and the relay publishes
        from there: an id is known exactly when its event will be published. Remembered before a
        publish that fails, the vendor's next attempt would be refused and the call lost;
        remembered after it, a crash in between would let a replay in. Raises `BadInput`, or
        `Problem` 401, 404, 409.
        """
        sender = await self._sender(source)
        keys = self.secrets.webhook_keys(sender.source)
        try:
            webhook = verified(inbound, keys, self.clock())
        except Problem:
            metrics.REFUSED.labels(sender.source.vendor, "signature").inc()
            raise
        told = self._read(inbound, sender)
        if told is None:
            return None, True
        async with self.db.transaction() as connection:
            try:
                new = await repository.remember(connection, sender.source.id, webhook)
            except Problem:
                metrics.REFUSED.labels(sender.source.vendor, "replayed").inc()
                raise
            if new:
                messages = await self._keep_parts(connection, [told])
                await outbox.write(connection, "ingest", messages)
        if new:
            self.relay.wake()
            note(told, way="webhook")
        return told.reported.interaction, new

    async def _sender(self, source: str) -> Sender:
        found = await self.config.source(source, max_age=CONFIG_AGE)
        if found is None:
            if (await self.config.current(max_age=CONFIG_AGE)).has_unreadable("source", source):
                raise Retry(f"the source {source} cannot be read")
            raise Problem(404, "Unknown source")
        return Sender(*found)

    def _read(self, inbound: Inbound, sender: Sender) -> Told | None:
        """None for an event of no use; what is refused or ignored is counted."""
        vendor = sender.source.vendor
        try:
            told = read(inbound, sender, pepper=self.pepper, now=self.clock())
        except BadInput as error:
            why = "malformed" if isinstance(error, Malformed) else "invalid"
            metrics.REFUSED.labels(vendor, why).inc()
            raise
        if told is None:
            metrics.IGNORED.labels(vendor, "http").inc()
        return told

    async def take_records(self, records: Sequence[Record]) -> Finish:
        """Records of intake topics, all or none; what is returned publishes. Raises `BadInput`."""
        config, now = await self.config.current(), self.clock()
        told: list[Told] = []
        ignored: list[str] = []
        for record in records:
            inbound, sender = received(record, config)
            found = read(inbound, sender, pepper=self.pepper, now=now)
            if found is None:
                ignored.append(sender.source.vendor)
            else:
                told.append(found)
        messages = await self.keep(told)

        async def finish() -> None:
            await self.bus.publish(messages)
            for report in told:
                note(report, way="topic")
            for vendor in ignored:
                metrics.IGNORED.labels(vendor, "topic").inc()

        return finish

    async def keep(self, told: Sequence[Told]) -> list[Message]:
        """Stores what is but a part of a call; returns what is to be published at once."""
        if not any(report.settle for report in told):
            return [message(report.reported) for report in told]
        async with self.db.transaction() as connection:
            return await self._keep_parts(connection, told)

    async def _keep_parts(self, connection: Connection, told: Sequence[Told]) -> list[Message]:
        settle = {r.reported.interaction.id: r.settle for r in told if r.settle}
        if settle:
            parts = [part(report.reported) for report in told if report.settle]
            await repository.add_parts(connection, parts, settle)
        return [message(report.reported) for report in told if not report.settle]

    async def close_due(self) -> bool:
        """Tells the calls whose window is over; true when there may be more."""
        async with self.db.transaction() as connection:
            due = await repository.due_calls(connection, limit=BATCH)
            if not due:
                return False
            parts = await repository.parts_of(connection, [call.interaction_id for call in due])
            reports = [_whole(call, parts[call.interaction_id]) for call in due]
            await outbox.write(connection, "ingest", _publishable(reports))
            revisions = {report.interaction.id: report.revision or 0 for report in reports}
            await repository.told(connection, revisions)
        self.relay.wake()
        return len(due) == BATCH

    async def make_topics(self, made: frozenset[str]) -> frozenset[str]:
        """Makes the intake topics of sources that are not among `made`; returns all there are."""
        config = await self.config.current(max_age=CONFIG_AGE)
        wanted = {intake(source) for w in config.workspaces.values() for source in w.sources}
        if wanted - made:
            await self.bus.create_topics(dict.fromkeys(wanted - made, INTAKE_PARTITIONS))
        return made | wanted

    async def forget(self) -> None:
        """Deletes parts and ids of webhooks that are too old to be kept."""
        async with self.db.transaction() as connection:
            await repository.forget(connection, after=KEPT)
            before = self.clock() - WINDOW
            await repository.forget_webhooks(connection, signed_before=before)


def _whole(call: repository.Due, parts: Sequence[Part]) -> Reported:
    """What is known of a call: its end, or the next amendment of it."""
    revision = None if call.revision is None else call.revision + 1
    return Reported(joined(parts), revision, first_trace(parts))


def _publishable(reports: Sequence[Reported]) -> list[Message]:
    """Without calls that grew too large for any topic: they must not hold up the others."""
    messages = []
    for report in reports:
        try:
            check([message(report)])
        except BadInput as error:
            interaction_id = str(report.interaction.id)
            log.error("call_too_large", interaction_id=interaction_id, reason=str(error))
        else:
            messages.append(message(report))
    return messages
