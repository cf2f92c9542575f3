"""The decision log, a line each: ids and the reason, never a number."""

from collections.abc import Iterator
from typing import Any

from common.telemetry import logging
from orchestrator.domain.interaction_view import trace_of
from orchestrator.service.deciding.gathering import Gathered


def log_decisions(gathered: Gathered) -> None:
    """Of a committed batch. What was decided before has its line already."""
    logging.lines("decision", _facts(gathered))


def _facts(gathered: Gathered) -> Iterator[dict[str, Any]]:
    for made in gathered.batch.decisions:
        interaction = made.interaction
        facts = {
            "workspace": interaction.workspace,
            "source": interaction.source,
            "interaction_id": interaction.id,
            "verdict": made.verdict,
            "reason": made.reason,
            "flow_id": made.flow_id,
            "invitation_id": made.invitation_id,
            "config_version": made.config_version,
            "traceparent": trace_of(made) or None,
        }
        yield {name: value for name, value in facts.items() if value is not None}
