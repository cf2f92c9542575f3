"""MyOperator: webhooks of version 1 in both shapes, and of version 2. support.myoperator.com"""

import hashlib
import hmac
from datetime import datetime
from urllib.parse import parse_qs

from common.config.models import Source
from ingest.domain.body import Body, Malformed, text_of
from ingest.domain.call import Amendment, Call
from ingest.domain.vendor import Inbound, NoEnd, Vendor
from ingest.vendors.myoperator.envelope import event_of, no_end, read_envelope
from ingest.vendors.myoperator.older import read_after_call, read_event

SIGNATURE = "x-myoperator-signature"  # hex HMAC-SHA256 of the body, where it is there


def verify(inbound: Inbound, secret: str, now: datetime) -> bool:
    expected = hmac.new(secret.encode(), inbound.body, hashlib.sha256).hexdigest()
    given = inbound.headers.get(SIGNATURE, "").strip().lower()
    return hmac.compare_digest(expected.encode(), given.encode())


def parse(inbound: Inbound, source: Source) -> Call | Amendment | NoEnd:
    body = Body.of(_json(inbound.body))
    if "_ai" in body.values:
        return read_after_call(body)
    if "event_type" in body.values:
        return read_envelope(body)
    if body.part("data").told_number("duration_sec") is not None:
        return read_event(body)
    # The second shape's word for the end is not documented; only an end has a duration.
    return no_end(event_of(body, "type"))


def _json(raw: bytes) -> bytes | str:
    if not raw.startswith(b"myoperator="):
        return raw
    try:
        return parse_qs(text_of(raw), strict_parsing=True, max_num_fields=20)["myoperator"][0]
    except (ValueError, KeyError):
        raise Malformed.at("myoperator", "not a form field") from None


vendor = Vendor(slug="myoperator", parse=parse, verify=verify)
