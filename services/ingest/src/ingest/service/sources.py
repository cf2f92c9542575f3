"""Configured sources: which one it is, whether it really is it, and what it reports."""

from dataclasses import dataclass

from common.config.reader import ConfigReader
from common.errors import BadInput, Problem, Retry
from common.time import Clock, utc_now
from ingest import metrics
from ingest.domain.body import Malformed
from ingest.domain.handshake import Shaken, shaken
from ingest.domain.signature import Webhook, verified
from ingest.domain.vendor import Inbound, NoEnd
from ingest.service import intake_log
from ingest.service.reading import ConfiguredSource, IntakeReport, read_report
from ingest.service.secrets import Secrets

CONFIG_AGE = 1.0  # seconds; a source that was just applied answers 404 for no longer than that


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What is refused or ignored is counted by vendor."""

    config: ConfigReader
    pepper: bytes
    secrets: Secrets
    clock: Clock = utc_now

    async def find(self, source_id: str) -> ConfiguredSource:
        """Raises `Problem` 404, `Retry` for one that this version cannot read."""
        found = await self.config.source(source_id, max_age=CONFIG_AGE)
        if found is None:
            if (await self.config.current(max_age=CONFIG_AGE)).has_unreadable("source", source_id):
                raise Retry(f"the source {source_id} cannot be read")
            raise Problem(404, "Unknown source")
        return ConfiguredSource(*found)

    async def admit(self, source_id: str, secret: str) -> ConfiguredSource:
        """The source whose URL was called. Raises `Problem` 404 or 401."""
        configured = await self.find(source_id)
        if not self.secrets.admits(configured, secret):
            metrics.REFUSED.labels(configured.vendor, "secret").inc()
            raise Problem(401, "Wrong secret")
        return configured

    def shaken(self, inbound: Inbound, configured: ConfiguredSource) -> Shaken | None:
        """The answer, where the vendor only makes sure of the URL. Raises `Problem` 422, 503."""
        answer = shaken(inbound, configured.source.handshake, self.secrets.signing(configured))
        if answer is not None:
            intake_log.record_no_end(configured.source, NoEnd.HANDSHAKE, way="http")
        return answer

    def check_signature(self, inbound: Inbound, configured: ConfiguredSource) -> None:
        """The vendor's own check, where it has one and is set up. Raises `Problem` 401."""
        if not self.secrets.is_genuine(configured, inbound, self.clock()):
            metrics.REFUSED.labels(configured.vendor, "signature").inc()
            raise Problem(401, "Wrong signature")

    def check_webhook(self, inbound: Inbound, configured: ConfiguredSource) -> Webhook:
        """The signature of Standard Webhooks. Raises `Problem` 401."""
        keys = self.secrets.webhook_keys(configured)
        try:
            return verified(inbound, keys, self.clock())
        except Problem:
            metrics.REFUSED.labels(configured.vendor, "signature").inc()
            raise

    def read(self, inbound: Inbound, configured: ConfiguredSource) -> IntakeReport | NoEnd:
        """Why an event reports no end, if so. Raises `BadInput`."""
        try:
            taken = read_report(inbound, configured, pepper=self.pepper, now=self.clock())
        except BadInput as error:
            why = "malformed" if isinstance(error, Malformed) else "invalid"
            metrics.REFUSED.labels(configured.vendor, why).inc()
            raise
        if isinstance(taken, NoEnd):
            intake_log.record_no_end(configured.source, taken, way="http")
        return taken
