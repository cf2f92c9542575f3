"""Bytes to a report of an interaction: one way for what comes by HTTP and what comes by topic."""

from dataclasses import dataclass
from datetime import datetime

from common.config.models import Source
from common.config.reader import WorkspaceConfig
from common.errors import BadInput
from ingest.domain.body import decoded
from ingest.domain.call import Amendment, check_times, checked
from ingest.domain.interaction import Reported, interaction
from ingest.domain.vendor import Inbound
from ingest.schemas import CloudEvent, read_event
from ingest.vendors import CLOUDEVENTS, VENDORS


@dataclass(frozen=True, slots=True)
class Sender:
    """A configured source and the workspace it belongs to."""

    config: WorkspaceConfig
    source: Source


def read(inbound: Inbound, sender: Sender, *, pepper: bytes, now: datetime) -> Reported | None:
    """None: an event we have no use for. Raises `BadInput`; `Malformed` when it is no JSON."""
    if is_cloud_event(inbound, sender.source):
        event = read_event(inbound.body)
        if event.workspace not in (None, sender.config.workspace.id):
            raise BadInput.at("workspace", "is not the workspace of this source")
        return read_cloud_event(event, sender.config, pepper=pepper, now=now)
    vendor = VENDORS.get(sender.source.vendor)
    if vendor is None:
        raise BadInput.at("vendor", f"the source's vendor, {sender.source.vendor}, has no adapter")
    told = vendor.parse(inbound, sender.source)
    if told is None:
        return None
    call, revision = (told.call, told.revision) if isinstance(told, Amendment) else (told, None)
    call = checked(call)
    check_times(call, at="call", now=now)
    name, settings = sender.source.id, sender.source
    return Reported(
        interaction(call, sender.config, source=name, settings=settings, pepper=pepper),
        revision,
    )


def read_cloud_event(
    event: CloudEvent, config: WorkspaceConfig, *, pepper: bytes, now: datetime
) -> Reported:
    """Identity is the event's own `source`; where a source of that id is configured, it helps."""
    check_times(event.data, at="data", now=now)
    name, settings = event.source, config.sources.get(event.source)
    return Reported(
        interaction(event.data, config, source=name, settings=settings, pepper=pepper),
        event.revision,
    )


def is_cloud_event(inbound: Inbound, source: Source) -> bool:
    """By content type, by configuration, or because the body says so itself."""
    content_type = inbound.headers.get("content-type", "").strip().lower()
    if content_type.startswith("application/cloudevents") or source.vendor == CLOUDEVENTS:
        return True
    if b'"specversion"' not in inbound.body or not inbound.body.lstrip().startswith(b"{"):
        return False
    return "specversion" in decoded(inbound.body)
