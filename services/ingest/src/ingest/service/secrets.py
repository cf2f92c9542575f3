"""Is it the sender that it says it is: the secret of its URL, and its vendor's own check."""

import hmac
import time
from collections.abc import Sequence
from datetime import datetime

from common.config.models import Source
from common.secrets import resolve
from common.telemetry import logging
from ingest.domain.signature import key_of
from ingest.domain.vendor import Inbound
from ingest.vendors import VENDORS

log = logging.get(__name__)
AGE = 10.0  # seconds that a secret is kept: one that was rotated in a file is soon seen


class Secrets:
    """Remembers what references stand for, and which of them it has complained about."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, str | None]] = {}

    def admits(self, source: Source, given: str) -> bool:
        """Constant time over all active secrets; a source without any admits nobody."""
        matches = [
            hmac.compare_digest(secret.encode(), given.encode())
            for secret in self._values(source.secrets)
        ]
        return any(matches)

    def is_genuine(self, source: Source, inbound: Inbound, now: datetime) -> bool:
        """By the vendor's own check, where it has one and the source is set up for it."""
        vendor = VENDORS.get(source.vendor)
        if not source.signing_secrets or vendor is None or vendor.verify is None:
            return True
        secrets = self._values(source.signing_secrets)
        return any([vendor.verify(inbound, secret, now) for secret in secrets])

    def webhook_keys(self, source: Source) -> list[bytes]:
        """Of its signing secrets those that are Standard Webhooks' (`whsec_...`)."""
        found = (key_of(secret) for secret in self._values(source.signing_secrets))
        return [key for key in found if key]

    def _values(self, references: Sequence[str]) -> list[str]:
        found = (self._value(reference) for reference in references)
        return [secret for secret in found if secret]

    def _value(self, reference: str) -> str | None:
        known = self._known.get(reference)
        if known is not None and time.monotonic() - known[0] < AGE:
            return known[1]
        try:
            value = resolve(reference)
        except LookupError as error:
            value = None
            if known is None or known[1] is not None:
                log.error("secret_missing", reference=reference, reason=str(error))
        self._known[reference] = (time.monotonic(), value)
        return value
