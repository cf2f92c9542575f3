"""HTTP in: providers' callbacks, the delivery log, messages that became no answer, links, use."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from channel.link_routes import link_routes
from channel.providers import CallbackRequest
from channel.schemas import LinksBody, LoggedSend, MessagesPage, PreviewBody, SendsPage, UsageBody
from channel.sender import ChannelSender
from common.database.holdings import Held, known
from common.errors import Problem
from common.events.sends import DeliveryStatus
from common.events.values import Time
from common.process.access import Caller, caller
from common.process.admission import Admission
from common.process.paging import Cursor
from common.process.service import part
from common.process.web import body_of

NOT_GENUINE = (403, 404)  # too many of an address are answered 429; what is signed never is
Reader = Annotated[Caller, Depends(caller("read"))]
Private = Annotated[Caller, Depends(caller("privacy"))]
Limit = Annotated[int, Query(ge=1, le=500, description="Rows of a page.")]
Workspace = Annotated[
    str | None, Query(description="Whose it is; needed with an operator's key, else not.")
]


def routes(prefix: str, kind: type[ChannelSender]) -> APIRouter:
    """Everything below `/v1/<channel>`, for the sender of that kind that runs in this process."""
    router = APIRouter(prefix=prefix)
    _take_callbacks(router, kind)
    _show_sends(router, kind)
    _show_unmatched(router, kind)
    _show_links(router, kind)
    _export_contact(router, kind)
    _show_usage(router, kind)
    _show_preview(router, kind)
    router.routes.extend(link_routes(_channel(router), kind).routes)
    return router


def _take_callbacks(router: APIRouter, kind: type[ChannelSender]) -> None:
    sender_of = part(kind)

    async def callback(request: Request) -> Response:
        """What a provider tells of an account of this channel."""
        sender = await sender_of(request)
        path = request.path_params
        given = await _given(request, sender)
        try:
            answer = await sender.callbacks.take(path["account"], given)
        except Problem as problem:
            if problem.status in NOT_GENUINE:
                admission: Admission = request.app.state.runtime.admission
                admission.stranger(request)
                admission.refused(request)
            raise
        headers = {"content-type": answer.media_type} if answer.media_type else None
        return Response(answer.body, answer.status, headers)

    # Plain routes: a callback is bytes to verify and store, so FastAPI's reading is only a cost.
    below = f"{router.prefix}/callbacks/{{account}}"  # plain routes take no prefix
    router.add_route(below, callback, methods=["GET", "POST"])
    for path in (f"{below}/{{what}}", f"{below}/{{what}}/{{send_id:uuid}}"):
        router.add_route(path, callback, methods=["POST"])


def _channel(router: APIRouter) -> str:
    """By which its operations are told apart from those of other senders."""
    return router.prefix.rpartition("/")[2]


async def _given(request: Request, sender: ChannelSender) -> CallbackRequest:
    """Signed is the public URL, exactly as the provider called it, whatever proxies did to it."""
    path = request.scope["raw_path"].decode("ascii", "replace")
    query = request.scope["query_string"].decode("ascii", "replace")
    found: dict[str, Any] = request.path_params
    return CallbackRequest(
        url=f"{sender.public_url}{path}{'?' if query else ''}{query}",
        what=found.get("what", ""),
        send_id=found.get("send_id"),
        headers=request.headers,
        body=await body_of(request, limit=sender.longest_callback),
        method="GET" if request.method in ("GET", "HEAD") else "POST",
    )


def _show_sends(router: APIRouter, kind: type[ChannelSender]) -> None:
    running = Depends(part(kind))

    @router.get("/sends", name=f"read_{_channel(router)}_sends")
    async def read_sends(
        sender: Annotated[ChannelSender, running],
        reader: Reader,
        workspace: Workspace = None,
        status: Annotated[DeliveryStatus | None, Query(description="What became of it.")] = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> SendsPage:
        """The delivery log, newest first; `status=unknown`: what may or may not have gone out."""
        return await sender.listing.sends(
            reader.workspace_or(workspace),
            status=status.value if status else None,
            cursor=cursor,
            limit=limit,
        )

    @router.get("/sends/{send_id}", name=f"read_{_channel(router)}_send")
    async def read_send(
        sender: Annotated[ChannelSender, running],
        reader: Reader,
        send_id: Annotated[UUID, Path(description="A step's id, or a follow-up's.")],
        workspace: Workspace = None,
    ) -> LoggedSend:
        """One step or follow-up: what became of it."""
        return await sender.listing.send(reader.workspace_or(workspace), send_id)


def _show_unmatched(router: APIRouter, kind: type[ChannelSender]) -> None:
    running = Depends(part(kind))

    @router.get("/unmatched", name=f"read_{_channel(router)}_unmatched")
    async def read_unmatched(
        sender: Annotated[ChannelSender, running],
        reader: Reader,
        workspace: Workspace = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> MessagesPage:
        """Messages that became no answer: late, unreadable, or to no survey; newest first."""
        return await sender.listing.messages(
            reader.workspace_or(workspace), cursor=cursor, limit=limit
        )


def _show_links(router: APIRouter, kind: type[ChannelSender]) -> None:
    running = Depends(part(kind))

    @router.get("/links", name=f"read_{_channel(router)}_links")
    async def read_links(
        sender: Annotated[ChannelSender, running],
        reader: Reader,
        workspace: Workspace = None,
        since: Annotated[
            Time | None, Query(alias="from", description="Told from then on; else 90 days ago.")
        ] = None,
        until: Annotated[
            Time | None, Query(alias="to", description="Told before; else now.")
        ] = None,
    ) -> LinksBody:
        """How often links were told and opened, by survey, link and band of the score."""
        whose = reader.workspace_or(workspace)
        return LinksBody(await sender.clicks.counts(whose, since=since, until=until))


def _export_contact(router: APIRouter, kind: type[ChannelSender]) -> None:
    running = Depends(part(kind))

    @router.get("/contacts/{contact}", name=f"export_{_channel(router)}_contact")
    async def export_contact(
        sender: Annotated[ChannelSender, running],
        who: Private,
        contact: Annotated[UUID, Path(description="A `contact_id`.")],
        workspace: Workspace = None,
    ) -> Held:
        """All that is known here about a person, as the tables have it."""
        return known(await sender.listing.held(who.workspace_or(workspace), contact))


def _show_usage(router: APIRouter, kind: type[ChannelSender]) -> None:
    running = Depends(part(kind))

    @router.get("/usage", name=f"read_{_channel(router)}_usage")
    async def read_usage(
        sender: Annotated[ChannelSender, running],
        reader: Reader,
        workspace: Workspace = None,
        since: Annotated[
            Time | None, Query(alias="from", description="Planned from then on; else 30 days ago.")
        ] = None,
        until: Annotated[
            Time | None, Query(alias="to", description="Planned before; else now.")
        ] = None,
    ) -> UsageBody:
        """What went out by flow: asks, how many arrived, seconds of calls; without tests."""
        whose = reader.workspace_or(workspace)
        return await sender.usage.read(whose, since=since, until=until)


def _show_preview(router: APIRouter, kind: type[ChannelSender]) -> None:
    running = Depends(part(kind))

    @router.get("/preview", name=f"read_{_channel(router)}_preview")
    async def read_preview(
        sender: Annotated[ChannelSender, running],
        reader: Reader,
        flow: Annotated[str, Query(max_length=63, description="The id of a flow, on or off.")],
        workspace: Workspace = None,
        language: Annotated[
            str | None, Query(max_length=20, description="Else that of the workspace.")
        ] = None,
        number: Annotated[
            str | None, Query(max_length=20, description="Of ours: with its own texts and links.")
        ] = None,
    ) -> PreviewBody:
        """What a person gets on this channel: every text, with what it costs and how to answer."""
        return await sender.preview.read(
            reader.workspace_or(workspace), flow, language=language, number=number
        )
