"""What is logged and counted of each report that was taken."""

from common.config.models import Source
from common.events.values import Ending
from common.telemetry import logging
from ingest import metrics
from ingest.domain.call import UNKNOWN_WORD
from ingest.domain.vendor import NoEnd
from ingest.service.reading import IntakeReport
from ingest.vendors import CLOUDEVENTS

log = logging.get(__name__)


def record_no_end(source: Source, why: NoEnd, *, way: str) -> None:
    """What reported no end is counted by reason; what may have been one is said."""
    metrics.IGNORED.labels(source.vendor, way, why).inc()
    if why is NoEnd.UNJUDGED:
        log.warning("event_unjudged", source=source.id, vendor=source.vendor)


def record_other(events: int, *, way: str) -> None:
    """CloudEvents about something else."""
    metrics.IGNORED.labels(CLOUDEVENTS, way, NoEnd.OTHER_TYPE).inc(events)


def record(taken: IntakeReport, *, way: str) -> None:
    """One log line with ids, and the counters; `way` is how it came in: http, webhook, topic."""
    report, vendor = taken.report, taken.vendor
    interaction = report.interaction
    kind = "ended" if report.revision is None else "amended"
    log.info(
        "interaction_received",
        interaction_id=str(interaction.id),
        workspace=interaction.workspace,
        source=interaction.source,
        report=kind,
        **({"traceparent": report.traceparent} if report.traceparent else {}),
    )
    metrics.TAKEN.labels(vendor, way, kind).inc()
    if interaction.address_problem:
        metrics.NO_ADDRESS.labels(vendor, interaction.address_problem).inc()
    if interaction.ending is Ending.UNKNOWN and UNKNOWN_WORD in interaction.attributes:
        metrics.UNKNOWN_WORDS.labels(vendor).inc()
        word = interaction.attributes[UNKNOWN_WORD][:60]
        log.warning("unknown_word", source=interaction.source, vendor=vendor, word=word)
