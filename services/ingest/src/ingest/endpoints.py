"""HTTP in: CloudEvents with an API key, vendors' own bodies with the secret of their source."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from fastapi import APIRouter, Request, Response

from common.errors import Problem
from common.events.calls import Interaction
from common.service import part
from common.web import body_of, caller
from ingest.domain.body import Malformed
from ingest.domain.vendor import Inbound
from ingest.schemas import Accepted, read_event
from ingest.service import Ingest

JSON = "application/json"
EVENT_TYPES = frozenset({"application/cloudevents+json", JSON})
IGNORED = msgspec.json.encode({"ignored": "this event tells of no interaction that ended"})
router = APIRouter()
# Called rather than declared: resolving them by FastAPI costs more than the rest of the request.
may_write = caller("events:write")
ingest_of = part(Ingest)


@router.post("/v1/events", status_code=202)
async def post_event(request: Request) -> Response:
    """One CloudEvent 1.0 in structured JSON: `schemas.CloudEvent`; operators name a `workspace`."""
    writer = await may_write(request)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in EVENT_TYPES:
        raise Problem(415, "Unsupported content type", f"Send {' or '.join(sorted(EVENT_TYPES))}.")
    with _malformed_as_400():
        event = read_event(await body_of(request))
    asked = request.query_params.get("workspace")
    if writer.workspace is None:
        asked = asked or event.workspace
    ingest = await ingest_of(request)
    return _accepted(await ingest.take_event(event, writer.workspace_or(asked)))


@router.post("/v1/sources/{source}/calls", status_code=202)
async def post_call(request: Request, source: str, key: str = "") -> Response:
    """The vendor's own body; the source's secret is `?key=`."""
    return await _take_call(request, source, key)


@router.post("/v1/sources/{source}/calls/{secret}", status_code=202)
async def post_call_at_secret(request: Request, source: str, secret: str) -> Response:
    """For vendors that append a query of their own to the URL."""
    return await _take_call(request, source, secret)


async def _take_call(request: Request, source: str, secret: str) -> Response:
    ingest = await ingest_of(request)
    sender = await ingest.admit(source, secret)
    inbound = Inbound(await body_of(request), request.headers, request.query_params)
    with _malformed_as_400():
        interaction = await ingest.take_call(sender, inbound)
    if interaction is None:
        return Response(IGNORED, 200, media_type=JSON)
    return _accepted(interaction)


def _accepted(interaction: Interaction) -> Response:
    answer = Accepted(interaction.id, interaction.address_problem)
    return Response(msgspec.json.encode(answer), 202, media_type=JSON)


@contextmanager
def _malformed_as_400() -> Iterator[None]:
    try:
        yield
    except Malformed as error:
        raise Problem(400, "Malformed body", errors=error.errors) from None
