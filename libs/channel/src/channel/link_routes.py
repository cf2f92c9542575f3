"""HTTP in: links in our texts, for whoever has one. They lead on, or ask before they opt out."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from channel import pages
from channel.operation.clicks import Asks, Nowhere
from channel.sender import ChannelSender
from common.errors import Problem, Retry
from common.events.values import Channel
from common.process.admission import Admission
from common.process.service import part

STOP = "To get no more messages, reply STOP to the message that it came with."
# One answer for a link that never was, and for one of somebody who was forgotten.
NOWHERE = {
    Nowhere.UNKNOWN: (404, "We do not know this link. Was it copied as a whole?"),
    Nowhere.OVER: (410, "This link is over."),
}


def link_routes(channel: str, kind: type[ChannelSender]) -> APIRouter:
    """`/l/<channel>/…`. Plain routes, for apps add parameters of their own to addresses."""
    router, sender_of = APIRouter(), part(kind)

    async def follow(request: Request) -> Response:
        return await _for_people(request, await sender_of(request), _followed)

    async def opt_out(request: Request) -> Response:
        return await _for_people(request, await sender_of(request), _opted_out)

    path = f"/l/{channel}/{{token}}"
    router.add_route(path, follow, methods=["GET"])
    router.add_route(path, opt_out, methods=["POST"])
    return router


async def _followed(request: Request, sender: ChannelSender) -> Response | Nowhere:
    """Looking changes nothing but counts: previews and scanners look, too."""
    where = await sender.clicks.follow(
        request.path_params["token"], method=request.method, headers=request.headers
    )
    if isinstance(where, Nowhere):
        return where
    if isinstance(where, str):
        return Response(status_code=302, headers={"location": where, "cache-control": "no-store"})
    return _page(pages.asking(where.brand, where.language, _only(where, sender)))


async def _opted_out(request: Request, sender: ChannelSender) -> Response | Nowhere:
    """Confirmed: a STOP, before it is answered. What the form sends is not read."""
    known = await sender.opt_outs.confirm(request.path_params["token"])
    where = await sender.clicks.asks(known) if known else Nowhere.UNKNOWN
    if isinstance(where, Nowhere):
        return where
    return _page(pages.done(where.brand, where.language, _only(where, sender)))


async def _for_people(
    request: Request,
    sender: ChannelSender,
    work: Callable[[Request, ChannelSender], Awaitable[Response | Nowhere]],
) -> Response:
    """Whatever is the matter, a page that says how to opt out by a word."""
    admission = _admission(request)
    try:
        admission.guess(request)
    except Problem as refused:
        await admission.hold()
        return _not_now(request, refused.status, refused.retry_after)
    try:
        found = await work(request, sender)
    except Retry:
        admission.right(request)
        return _not_now(request, 503)
    if found is not Nowhere.UNKNOWN:
        admission.right(request)
    return _nowhere(found) if isinstance(found, Nowhere) else found


def _admission(request: Request) -> Admission:
    found: Admission = request.app.state.runtime.admission
    return found


def _only(asks: Asks, sender: ChannelSender) -> Channel | None:
    return None if asks.everywhere else sender.channel


def _nowhere(where: Nowhere) -> Response:
    status, words = NOWHERE[where]
    return _page(pages.plain(words, STOP), status)


def _not_now(request: Request, status: int, retry_after: int | None = None) -> Response:
    """A page for people, which says how to opt out by a word."""
    page = _page(pages.failed(request.headers.get("accept-language", "")), status)
    if retry_after is not None:
        page.headers["retry-after"] = str(retry_after)
    return page


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, headers=dict(pages.HEADERS))
