"""Bytes to a report of an interaction: one way for what comes by HTTP and what comes by topic."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from common.bus import Record
from common.config.models import Source
from common.config.reader import Config, WorkspaceConfig
from common.errors import BadInput
from common.process.web import BODY_LIMIT
from common.telemetry import logging
from common.telemetry.tracing import traceparent, traceparent_of
from common.topics import INTAKE_PREFIX
from ingest.domain.body import decoded
from ingest.domain.call import TIMES, Amendment, check_revision, check_times, checked
from ingest.domain.clipping import clipped
from ingest.domain.interaction import Report, interaction
from ingest.domain.shapes import check_shape
from ingest.domain.vendor import Inbound, NoEnd, Vendor
from ingest.schemas import CloudEvent, OtherType, read_event
from ingest.service.cloudevents import is_binary, read_binary, says_structured
from ingest.vendors import CLOUDEVENTS, VENDORS

log = logging.get(__name__)
QUERY = "aftercall-query"  # header: what a request that was kept said there, as a form has it


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """A source and the workspace that it belongs to."""

    config: WorkspaceConfig
    source: Source

    @property
    def vendor(self) -> str:
        return self.source.vendor


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """A report, in whose format it came, and for how long other parts of the call are awaited."""

    report: Report
    vendor: str
    settle: timedelta = timedelta(0)
    source: str | None = None  # that is configured


def inbound_of(record: Record, config: Config) -> tuple[Inbound, ConfiguredSource]:
    """A record of an intake topic and the source that the topic belongs to. Raises `BadInput`."""
    name = record.partition.topic.removeprefix(INTAKE_PREFIX)
    found = config.source(name)
    if found is None:
        raise BadInput.at("source", f"no source is configured for the topic of {name}")
    if record.value is None:
        raise BadInput.at("", "no body")
    if len(record.value) > BODY_LIMIT:  # as by HTTP: a decision about it has to fit a topic, too
        raise BadInput.at("", f"larger than {BODY_LIMIT} bytes")
    headers = {  # of names that repeat the last counts; one without a value says nothing
        key.lower(): value.decode("latin-1") for key, value in record.headers if value is not None
    }
    query = dict(parse_qsl(headers.pop(QUERY, ""), keep_blank_values=True))
    inbound = Inbound(record.value, headers, query, received_at=record.timestamp)
    return inbound, ConfiguredSource(*found)


def read_report(
    inbound: Inbound, configured: ConfiguredSource, *, pepper: bytes, now: datetime
) -> IntakeReport | NoEnd:
    """Why an event reports no end, if so. Raises `BadInput`; `Malformed` when it is no JSON."""
    source, config = configured.source, configured.config
    if is_cloud_event(inbound, source):
        try:
            event = _cloud_event(inbound, source)
        except OtherType:
            return NoEnd.OTHER_TYPE
        if event.workspace not in (None, config.workspace.id):
            raise BadInput.at("workspace", "is not the workspace of this source")
        event = with_trace(event, inbound.headers)
        return report_of_event(event, config, pepper=pepper, now=now)
    vendor = VENDORS.get(source.vendor)
    if vendor is None:
        raise BadInput.at("vendor", f"the source's vendor, {source.vendor}, has no adapter")
    try:
        return _report_of(vendor, inbound, configured, pepper=pepper, now=now)
    except BadInput:
        raise
    except Exception as error:  # unusable as bad input is, and stops nobody else's
        log.error("adapter_failed", vendor=vendor.slug, source=source.id, exc_info=error)
        raise BadInput.at("", "cannot be read") from error


def _report_of(
    vendor: Vendor, inbound: Inbound, configured: ConfiguredSource, *, pepper: bytes, now: datetime
) -> IntakeReport | NoEnd:
    source = configured.source
    try:
        parsed = vendor.parse(
            replace(inbound, received_at=min(inbound.received_at or now, now)), source
        )
    except BadInput:
        check_shape(source.vendor, inbound.body, nobodys=False)
        raise
    if isinstance(parsed, NoEnd):
        check_shape(source.vendor, inbound.body)
        return parsed
    call, revision = (
        (parsed.call, parsed.revision) if isinstance(parsed, Amendment) else (parsed, None)
    )
    check_times(call, ("ended_at",), at="call", now=now)
    check_revision(revision, now=now)
    call = checked(clipped(call, now))
    found = interaction(call, configured.config, source=source.id, settings=source, pepper=pepper)
    report = Report(found, revision, traceparent_of(inbound.headers))
    return IntakeReport(report, vendor.slug, source.settle, source.id)


def with_trace(event: CloudEvent, headers: Mapping[str, str]) -> CloudEvent:
    """Its own trace, else that of the request or record that brought it."""
    return replace(event, traceparent=traceparent_of(headers, event.traceparent))


def report_of_event(
    event: CloudEvent, config: WorkspaceConfig, *, pepper: bytes, now: datetime
) -> IntakeReport:
    """Identity is the event's own `source`; where a source of that id is configured, it helps."""
    check_times(event.data, TIMES, at="data", now=now)
    check_revision(event.revision, now=now)
    settings = config.sources.get(event.source)
    found = interaction(event.data, config, source=event.source, settings=settings, pepper=pepper)
    report = Report(found, event.revision, traceparent(event.traceparent))
    return IntakeReport(report, CLOUDEVENTS, source=settings.id if settings else None)


def is_cloud_event(inbound: Inbound, source: Source) -> bool:
    """By content type, by configuration, or because the body says so itself."""
    content_type = inbound.headers.get("content-type", "").strip().lower()
    if content_type.startswith("application/cloudevents") or source.vendor == CLOUDEVENTS:
        return True
    if b'"specversion"' not in inbound.body or not inbound.body.lstrip().startswith(b"{"):
        return False
    return "specversion" in decoded(inbound.body)


def _cloud_event(inbound: Inbound, source: Source) -> CloudEvent:
    """Binary from sources that send nothing else: what others have in ce-* headers is not ours."""
    headers = inbound.headers
    if source.vendor == CLOUDEVENTS and is_binary(headers) and not says_structured(headers):
        return read_binary(headers, inbound.body)
    return read_event(inbound.body)
