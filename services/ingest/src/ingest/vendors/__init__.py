"""The vendors whose reports we read: one file each, and this list."""

from collections.abc import Mapping

from common.config.models import Source
from common.errors import FieldError
from ingest.domain.vendor import Vendor
from ingest.vendors import aircall, freeswitch, mapped_json, myoperator

CLOUDEVENTS = "cloudevents"  # a source that sends nothing but the public CloudEvents
VENDORS: Mapping[str, Vendor] = {
    vendor.slug: vendor
    for vendor in (aircall.vendor, freeswitch.vendor, mapped_json.vendor, myoperator.vendor)
}


def validate_source(source: Source) -> list[FieldError]:
    """What is wrong with a source when it is configured, beyond the shape of the document."""
    if source.vendor == CLOUDEVENTS:
        return []
    vendor = VENDORS.get(source.vendor)
    if vendor is None:
        known = ", ".join(sorted([*VENDORS, CLOUDEVENTS]))
        return [FieldError("vendor", f"no adapter of that name; there are {known}")]
    return vendor.check(source.mapping)
