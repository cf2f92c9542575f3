"""Events: CloudEvents with an API key, alone or in batches, and what a source signs."""

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import Field

from common.errors import BadInput, Problem
from common.events.calls import Interaction
from common.process.access import Caller, caller
from common.process.openapi import Described, described
from ingest.domain.call import Call
from ingest.domain.signature import SIGNATURE
from ingest.domain.vendor import Inbound, NoEnd
from ingest.endpoints.handling import (
    accepted,
    admission_of,
    ignored,
    intake_of,
    known_or_refused,
    malformed_as_400,
    plain_body,
)
from ingest.schemas import (
    EVENT_PARAMETERS,
    EXAMPLE,
    Accepted,
    AcceptedBatch,
    AcceptedOne,
    CloudEvent,
    Ignored,
    OtherType,
    read_event,
)
from ingest.service import intake_log
from ingest.service.cloudevents import (
    BATCH,
    BATCH_EVENTS,
    BATCH_LIMIT,
    JSON,
    STRUCTURED,
    Mode,
    attributes_named_as_headers,
    errors_of,
    is_binary,
    mode_of,
    read_batch,
    read_binary,
    says_batch,
    says_structured,
    source_of,
)
from ingest.service.reading import with_trace

router = APIRouter()
# Called rather than declared: resolving it by FastAPI costs more than the rest of the request.
may_write = caller("events:write")

Batch = Annotated[list[CloudEvent], Field(max_length=BATCH_EVENTS)]
EVENTS = Described(
    reads={STRUCTURED: CloudEvent, BATCH: Batch, JSON: CloudEvent | Call},
    examples={STRUCTURED: EXAMPLE, BATCH: [EXAMPLE], JSON: EXAMPLE["data"]},
    gives={200: Accepted | Ignored | AcceptedBatch, 202: Accepted | AcceptedBatch},
    problems={
        404: "A signature names a source that is not there.",
        409: "Standard Webhooks: this `webhook-id` was taken before.",
        415: "None of the content types of CloudEvents.",
    },
)
EITHER = [{"key": ["events:write"]}, {"standardWebhooks": []}]


@router.post(
    "/v1/events",
    status_code=202,
    openapi_extra={"parameters": EVENT_PARAMETERS, "security": EITHER},
)
@described(EVENTS)
async def post_event(request: Request) -> Response:
    """CloudEvents 1.0, structured, binary or a batch; operators name a `workspace`.

    Without a key: one body of a source (`?source=`) with a signature of Standard Webhooks.
    """
    if SIGNATURE in request.headers and "authorization" not in request.headers:
        return await _take_webhook(request)
    writer = await may_write(request)
    mode = mode_of(request.headers)
    if mode is Mode.BATCH:
        return await _take_batch(request, writer)
    body = await plain_body(request)
    named = attributes_named_as_headers() if mode is Mode.BINARY else nullcontext()
    with malformed_as_400(), named:
        try:
            event = _event(mode, request, body)
        except OtherType:
            intake_log.record_other(1, way="http")
            return ignored(NoEnd.OTHER_TYPE)
        asked = request.query_params.get("workspace")
        if writer.workspace is None:
            asked = asked or event.workspace
        intake = await intake_of(request)
        if writer.workspace is not None:
            admission_of(request).tells(writer.workspace)
        event = with_trace(event, request.headers)
        return accepted(await intake.take_event(event, writer.workspace_or(asked)))


def _event(mode: Mode, request: Request, body: bytes) -> CloudEvent:
    return read_event(body) if mode is Mode.STRUCTURED else read_binary(request.headers, body)


async def _take_batch(request: Request, writer: Caller) -> Response:
    """202 when any event was taken, with what is wrong with the others; 422 when none was.

    200 when all of them are about something else.
    """
    asked = request.query_params.get("workspace")
    workspace = writer.workspace_or(asked) if writer.workspace or asked else None
    with malformed_as_400():
        events = read_batch(await plain_body(request, BATCH_LIMIT))
    _admit(request, events, workspace)
    intake = await intake_of(request)
    results = await intake.take_batch(events, workspace)
    errors = errors_of(results)
    taken = [
        AcceptedOne(one.id, one.address_problem, index=index)
        for index, one in enumerate(results)
        if isinstance(one, Interaction)
    ]
    if errors and not taken:
        raise BadInput(errors)
    others = sum(isinstance(one, OtherType) for one in results)
    answer = msgspec.json.encode(AcceptedBatch(taken, errors, others))
    return Response(answer, 200 if others and not taken else 202, media_type=JSON)


async def _take_webhook(request: Request) -> Response:
    """200 for what the vendor sent before and repeats, as it had no answer."""
    body = await plain_body(request)
    headers = request.headers
    if says_batch(headers) or (is_binary(headers) and not says_structured(headers)):
        raise Problem(
            415, "Unsupported content type", "A signature covers one event, and no ce-* headers."
        )
    source = request.query_params.get("source") or source_of(body)
    if not source:
        raise Problem(401, "Which source?", "Add ?source=, the id of the source, to the URL.")
    intake, inbound = await intake_of(request), Inbound(body, headers)
    with known_or_refused(request):
        configured, webhook = await intake.admit_webhook(source, inbound)
    admission_of(request).tells(configured.config.workspace.id)
    with malformed_as_400():
        interaction, new = await intake.take_webhook(configured, webhook, inbound)
    if isinstance(interaction, NoEnd):
        return ignored(interaction)
    return accepted(interaction, status=202 if new else 200)


def _admit(
    request: Request, events: Sequence[CloudEvent | BadInput], workspace: str | None
) -> None:
    """Raises `Problem` 429. Only an operator's batch can be of several workspaces."""
    of = Counter(workspace or _said_by(event) for event in events)
    for name, count in of.items():
        if name:
            admission_of(request).tells(name, count)


def _said_by(event: CloudEvent | BadInput) -> str | None:
    return None if isinstance(event, BadInput) else event.workspace
