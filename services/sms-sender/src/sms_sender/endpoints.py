"""HTTP in: providers' callbacks, the delivery log, messages that became no answer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from channel.operation import listing
from common.events.sends import DeliveryStatus
from common.process.access import Caller, caller
from common.process.service import part
from common.process.web import body_of
from sms_sender import providers
from sms_sender.schemas import MessagesPage, SendsPage, place, place_name
from sms_sender.service import SmsSender

router = APIRouter(prefix="/v1/sms")
_sender = part(SmsSender)
Sender = Annotated[SmsSender, Depends(_sender)]
Reader = Annotated[Caller, Depends(caller("read"))]
Limit = Annotated[int, Query(ge=1, le=500, description="Rows of a page.")]
Before = Annotated[str | None, Query(description="`next` of the page before.")]
Workspace = Annotated[
    str | None, Query(description="Whose it is; needed with an operator's key, else not.")
]
EMPTY_TWIML = "<Response/>"  # anything else would be sent to the person


async def status_callback(request: Request) -> Response:
    """What became of a text."""
    sender = await _sender(request)
    account, step_id = request.path_params["account"], request.path_params["step_id"]
    await sender.listening.on_status(account, step_id, await _given(request, sender))
    return Response(status_code=204)


async def message_callback(request: Request) -> Response:
    """What a person wrote."""
    sender = await _sender(request)
    account = request.path_params["account"]
    await sender.listening.on_message(account, await _given(request, sender))
    return Response(EMPTY_TWIML, media_type="text/xml")


# Plain routes: a callback is bytes to verify and store, so FastAPI's reading of it is only a cost.
_CALLBACKS = f"{router.prefix}/callbacks/{{account}}"  # plain routes take no prefix
router.add_route(f"{_CALLBACKS}/status/{{step_id:uuid}}", status_callback, methods=["POST"])
router.add_route(f"{_CALLBACKS}/inbound", message_callback, methods=["POST"])


async def _given(request: Request, sender: SmsSender) -> providers.Request:
    """Signed is the public URL, exactly as the provider called it, whatever proxies did to it."""
    path = request.scope["raw_path"].decode("ascii", "replace")
    query = request.scope["query_string"].decode("ascii", "replace")
    return providers.Request(
        url=f"{sender.public_url}{path}{'?' if query else ''}{query}",
        headers=request.headers,
        body=await body_of(request),
    )


@router.get("/sends")
async def read_sends(
    sender: Sender,
    reader: Reader,
    workspace: Workspace = None,
    status: Annotated[DeliveryStatus | None, Query(description="What became of it.")] = None,
    before: Before = None,
    limit: Limit = 100,
) -> SendsPage:
    """The delivery log, newest first; `status=unknown` lists what may or may not have gone out."""
    kit = sender.kit
    async with kit.runtime.db.connection() as connection:
        sends = await listing.logged_sends(
            connection,
            kit.schema,
            reader.workspace_or(workspace),
            status=status.value if status else None,
            before=place(before),
            limit=limit,
        )
    full = len(sends) == limit
    return SendsPage(sends, place_name(sends[-1].created_at, sends[-1].id) if full else None)


@router.get("/unmatched")
async def read_unmatched(
    sender: Sender,
    reader: Reader,
    workspace: Workspace = None,
    before: Before = None,
    limit: Limit = 100,
) -> MessagesPage:
    """Messages that became no answer: late, unreadable, or to no survey of ours; newest first."""
    kit = sender.kit
    async with kit.runtime.db.connection() as connection:
        messages = await listing.logged_messages(
            connection,
            kit.schema,
            reader.workspace_or(workspace),
            before=place(before),
            limit=limit,
        )
    full = len(messages) == limit
    return MessagesPage(
        messages, place_name(messages[-1].received_at, messages[-1].id) if full else None
    )
