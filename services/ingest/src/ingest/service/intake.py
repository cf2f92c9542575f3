"""Taking reports in, by every way: what is taken is durable when a method returns."""

from collections.abc import Sequence
from dataclasses import dataclass

from common.bus import Bus, Record
from common.config.models import Source
from common.config.reader import ConfigReader
from common.database import Database
from common.errors import BadInput, BadRecords, Problem
from common.events.calls import Interaction
from common.streams import outbox
from common.streams.consumer import Finish
from common.streams.outbox import Relay
from common.telemetry import logging
from common.time import Clock, utc_now
from ingest import metrics, repository
from ingest.domain.interaction import message
from ingest.domain.mapped_body import as_body
from ingest.domain.signature import Webhook
from ingest.domain.vendor import Inbound, NoEnd
from ingest.schemas import CloudEvent, OtherType
from ingest.service import intake_log
from ingest.service.erasing import Erasing
from ingest.service.joining import CallJoining
from ingest.service.promptly import Promptly
from ingest.service.reading import (
    ConfiguredSource,
    IntakeReport,
    inbound_of,
    read_report,
    report_of_event,
)
from ingest.service.sources import CONFIG_AGE, Sources
from ingest.service.tally import Tally
from ingest.service.unusable import UnusableBodies
from ingest.vendors import CLOUDEVENTS

log = logging.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    db: Database
    bus: Bus
    promptly: Promptly  # for whoever waits for an answer
    relay: Relay
    config: ConfigReader
    sources: Sources
    joining: CallJoining
    erasing: Erasing
    unusable: UnusableBodies
    tally: Tally
    pepper: bytes
    clock: Clock = utc_now

    async def take_event(self, event: CloudEvent, workspace: str) -> Interaction:
        """A CloudEvent of a caller who may write to this workspace. Raises `BadInput`."""
        taken = await self._report(event, workspace)
        await self.promptly.publish([message(taken.report)])
        self._record(taken, way="http")
        return taken.report.interaction

    async def take_batch(
        self, events: Sequence[CloudEvent | BadInput], workspace: str | None
    ) -> list[Interaction | BadInput]:
        """Each by itself, so that a bad one is no trouble of the others; all good ones or none.

        `workspace` None: each event names its own.
        """
        read = [await self._report_or_error(event, workspace) for event in events]
        good = [one for one in read if isinstance(one, IntakeReport)]
        await self.promptly.publish([message(taken.report) for taken in good])
        for taken in good:
            self._record(taken, way="http")
        other = sum(isinstance(one, OtherType) for one in read)
        if other:
            intake_log.record_other(other, way="http")
        if refused := len(read) - len(good) - other:
            metrics.REFUSED.labels(CLOUDEVENTS, "invalid").inc(refused)
            log.warning("events_refused", workspace=workspace, refused=refused, of=len(read))
        return [one.report.interaction if isinstance(one, IntakeReport) else one for one in read]

    async def _report_or_error(
        self, event: CloudEvent | BadInput, workspace: str | None
    ) -> IntakeReport | BadInput:
        if isinstance(event, BadInput):
            return event
        workspace = workspace or event.workspace
        if workspace is None:
            return BadInput.at("workspace", "is needed with an operator's key")
        try:
            return await self._report(event, workspace)
        except BadInput as error:
            return error

    def _record(self, taken: IntakeReport, *, way: str) -> None:
        intake_log.record(taken, way=way)
        self.tally.note(taken)

    async def _report(self, event: CloudEvent, workspace: str) -> IntakeReport:
        if event.workspace not in (None, workspace):
            raise BadInput.at("workspace", "does not agree with the key's workspace")
        config = await self.config.workspace(workspace, max_age=CONFIG_AGE)
        if config is None:
            raise BadInput.at("workspace", "there is no such workspace")
        return report_of_event(event, config, pepper=self.pepper, now=self.clock())

    async def admit(self, source_id: str, secret: str) -> ConfiguredSource:
        """The source whose URL was called. Raises `Problem` 404 or 401."""
        return await self.sources.admit(source_id, secret)

    async def take_call(
        self, configured: ConfiguredSource, inbound: Inbound
    ) -> Interaction | NoEnd:
        """A request of an admitted source; or why it reports no end. Raises `BadInput`."""
        self.sources.check_signature(inbound, configured)
        taken = await self._read(inbound, configured)
        if isinstance(taken, NoEnd):
            return taken
        await self.promptly.publish(await self.joining.keep([taken]))
        self._record(taken, way="http")
        return taken.report.interaction

    async def _read(self, inbound: Inbound, configured: ConfiguredSource) -> IntakeReport | NoEnd:
        """What cannot be read, or judged, is kept, for vendors do not repeat it.

        Raises `BadInput` for what cannot be read, and for what cannot be judged where no room is
        left to keep it; `Retry` (503) when it could not be kept now.
        """
        try:
            taken = self.sources.read(inbound, configured)
        except BadInput as error:
            await self.promptly.within(self.unusable.keep, as_body(inbound), configured, error)
            raise
        if taken is NoEnd.UNJUDGED:
            unjudged = _unjudged()
            kept = await self.promptly.within(
                self.unusable.keep, as_body(inbound), configured, unjudged
            )
            if not kept:
                raise unjudged
        return taken

    async def admit_webhook(
        self, source_id: str, inbound: Inbound
    ) -> tuple[ConfiguredSource, Webhook]:
        """The source that signed it, and what its signature covers. Raises `Problem` 401, 404."""
        configured = await self.sources.find(source_id)
        return configured, self.sources.check_webhook(inbound, configured)

    async def take_webhook(
        self, configured: ConfiguredSource, webhook: Webhook, inbound: Inbound
    ) -> tuple[Interaction | NoEnd, bool]:
        """A signed request (Standard Webhooks), and whether it is new.

        Its id is remembered in the transaction that stores its report, and the relay publishes
        from there: an id is known exactly when its event will be published. Remembered before a
        publish that fails, the vendor's next attempt would be refused and the call lost;
        remembered after it, a crash in between would let a replay in. Raises `BadInput`, or
        `Problem` 409.
        """
        taken = await self._read(inbound, configured)
        if isinstance(taken, NoEnd):
            return taken, True
        workspace = configured.config.workspace.id
        async with self.db.transaction() as connection:
            try:
                new = await repository.remember_webhook(
                    connection, workspace, configured.source.id, webhook
                )
            except Problem:
                metrics.REFUSED.labels(configured.vendor, "replayed").inc()
                raise
            if new:
                messages = await self.joining.keep_in(connection, [taken])
                await outbox.write(connection, "ingest", messages)
        if new:
            self.relay.wake()
            self._record(taken, way="webhook")
        return taken.report.interaction, new

    async def take_records(self, records: Sequence[Record]) -> Finish:
        """Records of intake topics, all or none; what is returned publishes.

        Raises `BadRecords` for all of them that cannot be read, or judged, at once.
        """
        config, now = await self.config.current(), self.clock()
        reports: list[IntakeReport] = []
        ignored: list[tuple[Source, NoEnd]] = []
        bad: dict[int, BadInput] = {}
        for place, record in enumerate(records):
            try:
                inbound, configured = inbound_of(record, config)
                taken = read_report(inbound, configured, pepper=self.pepper, now=now)
            except BadInput as error:
                bad[place] = error
                continue
            if taken is NoEnd.UNJUDGED:
                bad[place] = _unjudged()
                intake_log.record_no_end(configured.source, taken, way="topic")
            elif isinstance(taken, NoEnd):
                ignored.append((configured.source, taken))
            else:
                reports.append(taken)
        if bad:
            raise BadRecords(bad)
        messages = await self.joining.keep(reports)

        async def finish() -> None:
            await self.bus.publish(messages)
            for taken in reports:
                self._record(taken, way="topic")
            for source, why in ignored:
                intake_log.record_no_end(source, why, way="topic")

        return finish


def _unjudged() -> BadInput:
    return BadInput.at("", "an event that the source's adapter does not know")
