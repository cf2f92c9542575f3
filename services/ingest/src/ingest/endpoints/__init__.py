"""HTTP in: CloudEvents with an API key, vendors' own bodies with the secret of their source."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from common.errors import BadInput, Problem
from common.events.calls import Interaction
from common.process.access import Caller, caller
from common.process.admission import Admission
from common.process.openapi import Described, described
from common.process.runtime import Runtime
from common.process.service import part
from common.process.web import BODY_LIMIT, body_of
from ingest.domain.body import Malformed
from ingest.domain.call import Call
from ingest.domain.signature import SIGNATURE
from ingest.domain.vendor import Inbound, NoEnd
from ingest.schemas import (
    EVENT_PARAMETERS,
    EXAMPLE,
    Accepted,
    AcceptedBatch,
    AcceptedOne,
    CloudEvent,
    Ignored,
    OtherType,
    Validated,
    read_event,
)
from ingest.service import Intake, intake_log
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

IGNORED = {
    why: msgspec.json.encode({"ignored": said, "why": why})
    for why, said in {
        NoEnd.GOING_ON: "this event reports no interaction that ended",
        NoEnd.OTHER_LEG: "another leg reports this call",
        NoEnd.OTHER_TYPE: "this event is about something else",
        NoEnd.NOT_SELECTED: "the source's mapping does not take this event for an end",
        NoEnd.HANDSHAKE: "the vendor makes sure of this URL",
        NoEnd.UNJUDGED: "this event is not known to the source's adapter",
    }.items()
}
AGREED = {"Allow": "POST", "WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"}
router = APIRouter()
# Called rather than declared: resolving them by FastAPI costs more than the rest of the request.
may_write = caller("events:write")
intake_of = part(Intake)

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
CALLS = Described(
    reads={JSON: dict[str, Any], "application/x-www-form-urlencoded": dict[str, str]},
    gives={200: Ignored | Validated, 202: Accepted},
    problems={
        401: "The secret or the vendor's signature is wrong.",
        404: "No such source.",
        415: "The body is compressed.",
    },
    others_in_query=True,  # some vendors tell the call there
)
GIVEN_BY_QUERY = replace(CALLS, reads={})
EITHER = [{"key": ["events:write"]}, {"standardWebhooks": []}]
SourceId = Annotated[str, Path(description="The id of a configured source.")]


async def _plain_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """Raises `Problem` 415 for what is compressed: it would only be read as no JSON."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise Problem(415, "Unsupported content encoding", "Send the body as it is, uncompressed.")
    return await body_of(request, limit=limit)


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
    body = await _plain_body(request)
    named = attributes_named_as_headers() if mode is Mode.BINARY else nullcontext()
    with _malformed_as_400(), named:
        try:
            event = _event(mode, request, body)
        except OtherType:
            intake_log.record_other(1, way="http")
            return Response(IGNORED[NoEnd.OTHER_TYPE], 200, media_type=JSON)
        asked = request.query_params.get("workspace")
        if writer.workspace is None:
            asked = asked or event.workspace
        intake = await intake_of(request)
        if writer.workspace is not None:
            _admission(request).tells(writer.workspace)
        event = with_trace(event, request.headers)
        return _accepted(await intake.take_event(event, writer.workspace_or(asked)))


def _event(mode: Mode, request: Request, body: bytes) -> CloudEvent:
    return read_event(body) if mode is Mode.STRUCTURED else read_binary(request.headers, body)


async def _take_batch(request: Request, writer: Caller) -> Response:
    """202 when any event was taken, with what is wrong with the others; 422 when none was.

    200 when all of them are about something else.
    """
    asked = request.query_params.get("workspace")
    workspace = writer.workspace_or(asked) if writer.workspace or asked else None
    with _malformed_as_400():
        events = read_batch(await _plain_body(request, BATCH_LIMIT))
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
    ignored = sum(isinstance(one, OtherType) for one in results)
    answer = msgspec.json.encode(AcceptedBatch(taken, errors, ignored))
    return Response(answer, 200 if ignored and not taken else 202, media_type=JSON)


async def _take_webhook(request: Request) -> Response:
    """200 for what the vendor sent before and repeats, as it had no answer."""
    body = await _plain_body(request)
    headers = request.headers
    if says_batch(headers) or (is_binary(headers) and not says_structured(headers)):
        raise Problem(
            415, "Unsupported content type", "A signature covers one event, and no ce-* headers."
        )
    source = request.query_params.get("source") or source_of(body)
    if not source:
        raise Problem(401, "Which source?", "Add ?source=, the id of the source, to the URL.")
    intake, inbound = await intake_of(request), Inbound(body, headers)
    with _known_or_refused(request):
        configured, webhook = await intake.admit_webhook(source, inbound)
    _admission(request).tells(configured.config.workspace.id)
    with _malformed_as_400():
        interaction, new = await intake.take_webhook(configured, webhook, inbound)
    if isinstance(interaction, NoEnd):
        return Response(IGNORED[interaction], 200, media_type=JSON)
    return _accepted(interaction, status=202 if new else 200)


@router.options("/v1/events", include_in_schema=False)
@router.options("/v1/sources/{source}/calls", include_in_schema=False)
@router.options("/v1/sources/{source}/calls/{secret}", include_in_schema=False)
async def agree() -> Response:
    """Whoever sends CloudEvents by webhook asks before: yes, from anywhere, as fast as we answer.

    What comes still needs its key, secret or signature.
    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md
    """
    return Response(status_code=200, headers=AGREED)


@router.get("/v1/sources/{source}/calls", status_code=202)
@described(GIVEN_BY_QUERY)
async def get_call(
    request: Request,
    source: SourceId,
    key: Annotated[str, Query(description="One of the source's secrets.")] = "",
) -> Response:
    """For vendors that send a query rather than a body."""
    return await _take_call(request, source, key)


@router.get("/v1/sources/{source}/calls/{secret}", status_code=202)
@described(GIVEN_BY_QUERY)
async def get_call_at_secret(
    request: Request,
    source: SourceId,
    secret: Annotated[str, Path(description="One of the source's secrets.")],
) -> Response:
    """Likewise, with the secret in the path."""
    return await _take_call(request, source, secret)


@router.post("/v1/sources/{source}/calls", status_code=202)
@described(CALLS)
async def post_call(
    request: Request,
    source: SourceId,
    key: Annotated[str, Query(description="One of the source's secrets.")] = "",
) -> Response:
    """The vendor's own body; the source's secret is `?key=`."""
    return await _take_call(request, source, key)


@router.post("/v1/sources/{source}/calls/{secret}", status_code=202)
@described(CALLS)
async def post_call_at_secret(
    request: Request,
    source: SourceId,
    secret: Annotated[str, Path(description="One of the source's secrets.")],
) -> Response:
    """For vendors that append a query of their own to the URL."""
    return await _take_call(request, source, secret)


async def _take_call(request: Request, source: str, secret: str) -> Response:
    intake = await intake_of(request)
    with _known_or_refused(request):
        configured = await intake.admit(source, secret)
    _admission(request).tells(configured.config.workspace.id)
    inbound = Inbound(await _plain_body(request), request.headers, request.query_params)
    shaken = intake.sources.shaken(inbound, configured)
    if shaken is not None:
        said = shaken.body or IGNORED[NoEnd.HANDSHAKE]
        return Response(said, 200, dict(shaken.headers), JSON)
    with _malformed_as_400():
        interaction = await intake.take_call(configured, inbound)
    if isinstance(interaction, NoEnd):
        return Response(IGNORED[interaction], 200, media_type=JSON)
    return _accepted(interaction)


@contextmanager
def _known_or_refused(request: Request) -> Iterator[None]:
    """Wrong secrets and signatures count for their address. Raises `Problem` 429."""
    try:
        yield
    except Problem:
        admission = _admission(request)
        admission.stranger(request)
        admission.refused(request)
        raise


def _admission(request: Request) -> Admission:
    runtime: Runtime = request.app.state.runtime
    return runtime.admission


def _admit(
    request: Request, events: Sequence[CloudEvent | BadInput], workspace: str | None
) -> None:
    """Raises `Problem` 429. Only an operator's batch can be of several workspaces."""
    of = Counter(workspace or _said_by(event) for event in events)
    for name, count in of.items():
        if name:
            _admission(request).tells(name, count)


def _said_by(event: CloudEvent | BadInput) -> str | None:
    return None if isinstance(event, BadInput) else event.workspace


def _accepted(interaction: Interaction, *, status: int = 202) -> Response:
    answer = Accepted(interaction.id, interaction.address_problem)
    return Response(msgspec.json.encode(answer), status, media_type=JSON)


@contextmanager
def _malformed_as_400() -> Iterator[None]:
    try:
        yield
    except Malformed as error:
        raise Problem(400, "Malformed body", errors=error.errors) from None
