"""Is it the sender that it says it is: the secret of its URL, and its vendor's own check."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from common.secrets import Secrets as References
from common.telemetry import logging
from ingest.domain.signature import key_of
from ingest.domain.vendor import Inbound
from ingest.service.reading import ConfiguredSource
from ingest.vendors import VENDORS

log = logging.get(__name__)


@dataclass(slots=True)
class Secrets:
    """Of sources; remembers which ones it has complained about."""

    references: References
    _missing: set[tuple[str, str]] = field(default_factory=set)

    def admits(self, configured: ConfiguredSource, given: str) -> bool:
        """Constant time over all active secrets; a source without any admits nobody."""
        matches = [
            hmac.compare_digest(secret.encode(), given.encode())
            for secret in self._values(configured, configured.source.secrets)
        ]
        return any(matches)

    def is_genuine(self, configured: ConfiguredSource, inbound: Inbound, now: datetime) -> bool:
        """By the vendor's own check, where it has one and the source is set up for it."""
        source = configured.source
        vendor = VENDORS.get(source.vendor)
        if not source.signing_secrets or vendor is None or vendor.verify is None:
            return True
        secrets = self.signing(configured)
        return any([vendor.verify(inbound, secret, now) for secret in secrets])

    def signing(self, configured: ConfiguredSource) -> list[str]:
        """Its signing secrets that can be read, in their order."""
        return self._values(configured, configured.source.signing_secrets)

    def webhook_keys(self, configured: ConfiguredSource) -> list[bytes]:
        """Of its signing secrets those that are Standard Webhooks' (`whsec_...`)."""
        return [key for key in map(key_of, self.signing(configured)) if key]

    def _values(self, configured: ConfiguredSource, references: Sequence[str]) -> list[str]:
        workspace = configured.config.workspace.id
        found = (self._value(workspace, reference) for reference in references)
        return [secret for secret in found if secret]

    def _value(self, workspace: str, reference: str) -> str | None:
        try:
            value = self.references.value(workspace, reference)
        except LookupError as error:
            if (workspace, reference) not in self._missing:
                self._missing.add((workspace, reference))
                told = {"workspace": workspace, "reference": reference}
                log.error("secret_missing", reason=str(error), **told)
            return None
        self._missing.discard((workspace, reference))
        return value
