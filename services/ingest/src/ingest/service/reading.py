"""Bytes to a report of an interaction: one way for what comes by HTTP and what comes by topic."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from common.bus import Record
from common.config.models import Source
from common.config.reader import Config, WorkspaceConfig
from common.errors import BadInput
from common.telemetry.tracing import traceparent, traceparent_of
from common.topics import INTAKE_PREFIX
from ingest.domain.body import decoded
from ingest.domain.call import Amendment, check_times, checked
from ingest.domain.interaction import Reported, interaction
from ingest.domain.vendor import Inbound
from ingest.schemas import CloudEvent, read_event
from ingest.service.modes import is_binary, read_binary, says_structured
from ingest.vendors import CLOUDEVENTS, VENDORS


@dataclass(frozen=True, slots=True)
class Sender:
    """A configured source and the workspace it belongs to."""

    config: WorkspaceConfig
    source: Source


@dataclass(frozen=True, slots=True)
class Told:
    """A report, in whose format it came, and for how long other parts of the call are awaited."""

    reported: Reported
    vendor: str
    settle: timedelta = timedelta(0)


def received(record: Record, config: Config) -> tuple[Inbound, Sender]:
    """A record of an intake topic and the source that the topic belongs to. Raises `BadInput`."""
    name = record.partition.topic.removeprefix(INTAKE_PREFIX)
    found = config.source(name)
    if found is None:
        raise BadInput.at("source", f"no source is configured for the topic of {name}")
    if record.value is None:
        raise BadInput.at("", "no body")
    headers = {key.lower(): value.decode("latin-1") for key, value in record.headers}
    return Inbound(record.value, headers), Sender(*found)


def read(inbound: Inbound, sender: Sender, *, pepper: bytes, now: datetime) -> Told | None:
    """None: an event we have no use for. Raises `BadInput`; `Malformed` when it is no JSON."""
    if is_cloud_event(inbound, sender.source):
        event = _cloud_event(inbound, sender.source)
        if event.workspace not in (None, sender.config.workspace.id):
            raise BadInput.at("workspace", "is not the workspace of this source")
        return read_cloud_event(
            traced(event, inbound.headers), sender.config, pepper=pepper, now=now
        )
    vendor = VENDORS.get(sender.source.vendor)
    if vendor is None:
        raise BadInput.at("vendor", f"the source's vendor, {sender.source.vendor}, has no adapter")
    told = vendor.parse(inbound, sender.source)
    if told is None:
        return None
    call, revision = (told.call, told.revision) if isinstance(told, Amendment) else (told, None)
    check_times(call, at="call", now=now)
    call = checked(call)
    found = interaction(
        call, sender.config, source=sender.source.id, settings=sender.source, pepper=pepper
    )
    reported = Reported(found, revision, traceparent_of(inbound.headers))
    return Told(reported, vendor.slug, sender.source.settle)


def traced(event: CloudEvent, headers: Mapping[str, str]) -> CloudEvent:
    """Its own trace, else that of the request or record that brought it."""
    return replace(event, traceparent=traceparent_of(headers, event.traceparent))


def read_cloud_event(
    event: CloudEvent, config: WorkspaceConfig, *, pepper: bytes, now: datetime
) -> Told:
    """Identity is the event's own `source`; where a source of that id is configured, it helps."""
    check_times(event.data, at="data", now=now)
    settings = config.sources.get(event.source)
    found = interaction(event.data, config, source=event.source, settings=settings, pepper=pepper)
    return Told(Reported(found, event.revision, traceparent(event.traceparent)), CLOUDEVENTS)


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
