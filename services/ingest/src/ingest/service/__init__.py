"""The use cases of ingest: take a report, keep the parts of a call, tell it when it is whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from common import logging
from common.bus import Bus, Message
from common.config.reader import ConfigReader
from common.db import Database
from common.errors import BadInput, Problem
from common.events.calls import Interaction
from common.events.values import Ending
from common.time import Clock, utc_now
from common.topics import INTERACTIONS
from ingest import metrics, repository
from ingest.domain.body import Malformed
from ingest.domain.call import UNKNOWN_WORD
from ingest.domain.interaction import Reported, message
from ingest.domain.joining import Part, joined, part
from ingest.domain.vendor import Inbound
from ingest.schemas import CloudEvent
from ingest.service.reading import Sender, read, read_cloud_event
from ingest.service.secrets import Secrets
from ingest.vendors import CLOUDEVENTS

log = logging.get(__name__)
CONFIG_AGE = 1.0  # seconds; a source that was just applied answers 404 for no longer than that
BATCH = 500  # calls closed in one transaction
KEPT = timedelta(days=7)  # parts hold addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """Every way in ends here; what is taken is durable when a method returns."""

    db: Database
    bus: Bus
    config: ConfigReader
    pepper: bytes
    secrets: Secrets = field(default_factory=Secrets)
    clock: Clock = utc_now

    async def take_event(self, event: CloudEvent, workspace: str) -> Interaction:
        """A CloudEvent of a caller who may write to this workspace. Raises `BadInput`."""
        if event.workspace not in (None, workspace):
            raise BadInput.at("workspace", "does not agree with the key's workspace")
        config = (await self.config.current(max_age=CONFIG_AGE)).workspaces.get(workspace)
        if config is None:
            raise BadInput.at("workspace", "there is no such workspace")
        reported = read_cloud_event(event, config, pepper=self.pepper, now=self.clock())
        await self.bus.publish([message(reported)])
        note(reported, vendor=CLOUDEVENTS, way="http")
        return reported.interaction

    async def admit(self, source: str, secret: str) -> Sender:
        """The sender whose URL was called. Raises `Problem` 404 or 401."""
        found = (await self.config.current(max_age=CONFIG_AGE)).source(source)
        if found is None:
            raise Problem(404, "Unknown source")
        sender = Sender(*found)
        if not self.secrets.admits(sender.source, secret):
            metrics.REFUSED.labels(sender.source.vendor, "http", "secret").inc()
            raise Problem(401, "Wrong secret")
        return sender

    async def take_call(self, sender: Sender, inbound: Inbound) -> Interaction | None:
        """An admitted sender's request; None for an event of no use. Raises `BadInput`."""
        now = self.clock()
        if not self.secrets.is_genuine(sender.source, inbound, now):
            metrics.REFUSED.labels(sender.source.vendor, "http", "signature").inc()
            raise Problem(401, "Wrong signature")
        reported = self.read(inbound, sender, way="http")
        if reported is None:
            return None
        await self.keep([(reported, sender)])
        note(reported, vendor=sender.source.vendor, way="http")
        return reported.interaction

    def read(self, inbound: Inbound, sender: Sender, *, way: str) -> Reported | None:
        """`reading.read`, counted."""
        vendor = sender.source.vendor
        try:
            reported = read(inbound, sender, pepper=self.pepper, now=self.clock())
        except BadInput as error:
            why = "malformed" if isinstance(error, Malformed) else "invalid"
            metrics.REFUSED.labels(vendor, way, why).inc()
            raise
        if reported is None:
            metrics.IGNORED.labels(vendor, way).inc()
        return reported

    async def keep(
        self, reports: Sequence[tuple[Reported, Sender]], *, beside: Sequence[Message] = ()
    ) -> None:
        """Publishes, or stores what is but a part of a call. Raises `Retry`.

        `beside`: messages that become durable in the same go.
        """
        whole, in_parts = list(beside), []
        for reported, sender in reports:
            if sender.source.settle and reported.interaction.source == sender.source.id:
                in_parts.append((reported, sender))
            else:
                whole.append(message(reported))
        if in_parts:
            parts = [part(reported) for reported, _ in in_parts]
            settle = {r.interaction.id: sender.source.settle for r, sender in in_parts}
            async with self.db.transaction() as connection:
                await repository.add_parts(connection, parts, settle)
        await self.bus.publish(whole)

    async def close_due(self) -> bool:
        """Tells the calls whose window is over; true when there may be more."""
        async with self.db.transaction() as connection:
            due = await repository.due_calls(connection, limit=BATCH)
            if due:
                calls = [call.interaction_id for call in due]
                parts = await repository.parts_of(connection, calls)
                events = [_freeze(call, parts[call.interaction_id]) for call in due]
                await repository.freeze(connection, events)
        async with self.db.transaction() as connection:
            leased = await repository.lease_frozen(connection, limit=BATCH)
        if leased:
            await self.bus.publish([Message(INTERACTIONS, e.key, e.value) for e in leased])
            async with self.db.transaction() as connection:
                await repository.published(connection, leased)
        return len(due) == BATCH or len(leased) == BATCH

    async def forget(self) -> None:
        """Deletes parts that are too old to be kept."""
        async with self.db.transaction() as connection:
            await repository.forget(connection, after=KEPT)


def _freeze(call: repository.Due, parts: Sequence[Part]) -> repository.Frozen:
    whole = joined(parts)
    revision = None if call.revision is None else call.revision + 1
    told = message(Reported(whole, revision))
    return repository.Frozen(call.interaction_id, revision or 0, told.key or b"", told.value)


def note(reported: Reported, *, vendor: str, way: str) -> None:
    """One log line with ids, and the counters."""
    interaction = reported.interaction
    kind = "ended" if reported.revision is None else "amended"
    log.info(
        "interaction_received",
        interaction_id=str(interaction.id),
        workspace=interaction.workspace,
        source=interaction.source,
        report=kind,
    )
    metrics.TAKEN.labels(vendor, way, kind).inc()
    if interaction.address_problem:
        metrics.NO_ADDRESS.labels(vendor, interaction.address_problem).inc()
    if interaction.ending is Ending.UNKNOWN and UNKNOWN_WORD in interaction.attributes:
        metrics.UNKNOWN_WORDS.labels(vendor).inc()
        word = interaction.attributes[UNKNOWN_WORD][:60]
        log.warning("unknown_word", source=interaction.source, vendor=vendor, word=word)
