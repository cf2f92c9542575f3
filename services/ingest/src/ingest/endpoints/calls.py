"""Vendors' own bodies and queries, with the secret of their source."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from common.process.openapi import Described, described
from ingest.domain.vendor import Inbound, NoEnd
from ingest.endpoints.handling import (
    IGNORED,
    accepted,
    admission_of,
    ignored,
    intake_of,
    known_or_refused,
    malformed_as_400,
    plain_body,
)
from ingest.schemas import Accepted, Ignored, Validated
from ingest.service.cloudevents import JSON

AGREED = {"Allow": "POST", "WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"}
router = APIRouter()
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
SourceId = Annotated[str, Path(description="The id of a configured source.")]


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
    with known_or_refused(request):
        configured = await intake.admit(source, secret)
    admission_of(request).tells(configured.config.workspace.id)
    inbound = Inbound(await plain_body(request), request.headers, request.query_params)
    shaken = intake.sources.shaken(inbound, configured)
    if shaken is not None:
        said = shaken.body or IGNORED[NoEnd.HANDSHAKE]
        return Response(said, 200, dict(shaken.headers), JSON)
    with malformed_as_400():
        interaction = await intake.take_call(configured, inbound)
    if isinstance(interaction, NoEnd):
        return ignored(interaction)
    return accepted(interaction)
