"""Bodies of admitted senders that cannot be read: kept as dead records of the source's topic.

Vendors do not repeat what was refused. Kept like this, `aftercall dead redrive` takes it in by the
source's topic once the mapping, or we, can read it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from common.bus import Headers
from common.errors import BadInput
from common.streams.dead_letters import DeadLetterWriter
from common.telemetry import logging
from common.topics import intake
from ingest import metrics
from ingest.domain.mapped_body import told_in_query
from ingest.domain.vendor import Inbound
from ingest.service.reading import QUERY, ConfiguredSource

log = logging.get(__name__)
WINDOW = 3600.0  # seconds
MOST = 64 * 1024 * 1024  # bytes kept of one source in a window, by one process
_READ = ("content-type", "traceparent")  # what of the headers reading a body looks at, and ce-*
_LONGEST = 1_000  # bytes of a header
_LONGEST_QUERY = 8_000  # bytes


@dataclass(slots=True)
class UnusableBodies:
    """Bounded per source, so that one whose every body is refused fills no broker."""

    dead_letters: DeadLetterWriter
    monotonic: Callable[[], float] = time.monotonic
    most: int = MOST
    _kept: dict[str, int] = field(default_factory=dict)  # bytes, by source
    _since: float = float("-inf")

    async def keep(self, inbound: Inbound, configured: ConfiguredSource, error: BadInput) -> bool:
        """Whether it is durably kept: not where too much was kept already. Raises `Retry`."""
        source, vendor = configured.source.id, configured.vendor
        headers = _headers(inbound)
        size = len(inbound.body) + sum(len(value or b"") for _, value in headers)
        if not self._has_room(source, size):
            metrics.UNUSABLE.labels(vendor, "dropped").inc()
            log.warning("unusable_body_dropped", source=source, bytes=size)
            return False
        await self.dead_letters.write_request(intake(source), inbound.body, headers, error)
        self._kept[source] = self._kept.get(source, 0) + size
        metrics.UNUSABLE.labels(vendor, "kept").inc()
        return True

    def _has_room(self, source: str, size: int) -> bool:
        now = self.monotonic()
        if now >= self._since + WINDOW:
            self._since = now
            self._kept.clear()
        return self._kept.get(source, 0) + size <= self.most


def _headers(inbound: Inbound) -> Headers:
    """Without secrets: what admitted the sender does not belong into a topic."""
    theirs = (
        (name, value.encode("latin-1", "replace")[:_LONGEST])
        for name, value in inbound.headers.items()
        if name in _READ or name.startswith("ce-")
    )
    query = urlencode(told_in_query(inbound)).encode()
    # Half a query would say something else.
    return (*theirs, *(((QUERY, query),) if 0 < len(query) <= _LONGEST_QUERY else ()))
