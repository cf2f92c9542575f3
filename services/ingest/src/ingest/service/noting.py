"""What is noted of each report that was taken."""

from common.events.values import Ending
from common.telemetry import logging
from ingest import metrics
from ingest.domain.call import UNKNOWN_WORD
from ingest.service.reading import Told

log = logging.get(__name__)


def note(told: Told, *, way: str) -> None:
    """One log line with ids, and the counters."""
    interaction, vendor = told.reported.interaction, told.vendor
    report = "ended" if told.reported.revision is None else "amended"
    trace = told.reported.traceparent
    log.info(
        "interaction_received",
        interaction_id=str(interaction.id),
        workspace=interaction.workspace,
        source=interaction.source,
        report=report,
        **({"traceparent": trace} if trace else {}),
    )
    metrics.TAKEN.labels(vendor, way, report).inc()
    if interaction.address_problem:
        metrics.NO_ADDRESS.labels(vendor, interaction.address_problem).inc()
    if interaction.ending is Ending.UNKNOWN and UNKNOWN_WORD in interaction.attributes:
        metrics.UNKNOWN_WORDS.labels(vendor).inc()
        word = interaction.attributes[UNKNOWN_WORD][:60]
        log.warning("unknown_word", source=interaction.source, vendor=vendor, word=word)
