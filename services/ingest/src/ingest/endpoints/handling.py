"""What events and vendors' calls have in common: bodies, who is admitted, what is answered."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
from fastapi import Request, Response

from common.errors import Problem
from common.events.calls import Interaction
from common.process.admission import Admission
from common.process.runtime import Runtime
from common.process.service import part
from common.process.web import BODY_LIMIT, body_of
from ingest.domain.body import Malformed
from ingest.domain.vendor import NoEnd
from ingest.schemas import Accepted
from ingest.service import Intake
from ingest.service.cloudevents import JSON

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
# Called rather than declared: resolving it by FastAPI costs more than the rest of the request.
intake_of = part(Intake)


async def plain_body(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """Raises `Problem` 415 for what is compressed: it would only be read as no JSON."""
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise Problem(415, "Unsupported content encoding", "Send the body as it is, uncompressed.")
    return await body_of(request, limit=limit)


@contextmanager
def known_or_refused(request: Request) -> Iterator[None]:
    """Wrong secrets and signatures count for their address. Raises `Problem` 429."""
    try:
        yield
    except Problem:
        admission = admission_of(request)
        admission.stranger(request)
        admission.refused(request)
        raise


def admission_of(request: Request) -> Admission:
    runtime: Runtime = request.app.state.runtime
    return runtime.admission


def accepted(interaction: Interaction, *, status: int = 202) -> Response:
    answer = Accepted(interaction.id, interaction.address_problem)
    return Response(msgspec.json.encode(answer), status, media_type=JSON)


def ignored(why: NoEnd) -> Response:
    """Nothing ended here; why, in words."""
    return Response(IGNORED[why], 200, media_type=JSON)


@contextmanager
def malformed_as_400() -> Iterator[None]:
    try:
        yield
    except Malformed as error:
        raise Problem(400, "Malformed body", errors=error.errors) from None
