"""Manners of HTTP on the API: HEAD, gzip, `ETag` and what was not modified, ids of requests."""

import re
from collections.abc import MutableMapping
from hashlib import blake2b
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = "/v1/"
REQUEST_ID = "x-request-id"
# A page holds the secret of its forms beside words of its address: packed, its length would tell.
# What the API answers is not asked for by a browser that somebody else leads.
_SMALLEST, _LEVEL = 1_024, 4  # bytes worth packing; more than this costs more than it spares
_OWN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(scope: Scope) -> str:
    """The caller's own where it is a plain word, else a new one."""
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if _OWN_ID.fullmatch(given) else str(uuid4())


class Reading:
    """ASGI middleware: an answer as it is asked for, without its body (HEAD) or packed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._packed = GZipMiddleware(app, minimum_size=_SMALLEST, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _of_api(scope):
            await self._app(scope, receive, send)
            return
        if scope["method"] != "HEAD":
            await self._packed(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        scope.setdefault("state", {})  # one for both
        await self._packed({**scope, "method": "GET"}, receive, without_body)


class Conditional:
    """ASGI middleware: what is read in JSON has an `ETag`, and is 304 to who has just that.

    Streams pass as they come. A tag is weak, for it stands for the answer packed and not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _of_api(scope) or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        begun: Message | None = None  # until it is known whether the body is in one piece

        async def tagged(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = message
                return
            if begun is not None:
                if not message.get("more_body") and _is_json(begun):
                    message = _read(begun, message, Headers(scope=scope))
                await send(begun)
                begun = None
            await send(message)

        await self._app(scope, receive, tagged)


def _of_api(scope: Scope) -> bool:
    path: str = scope.get("path", "")
    return scope["type"] == "http" and path.startswith(API)


def _is_json(begun: Message) -> bool:
    media = Headers(raw=begun["headers"]).get("content-type", "")
    is_there: bool = begun["status"] == 200
    return is_there and media.endswith("json")


def _read(begun: MutableMapping[str, Any], body: Message, asked: Headers) -> Message:
    """`begun` gets its tag, and becomes 304 for who knows it. Returns what is then sent."""
    headers = MutableHeaders(raw=begun["headers"])
    digest = blake2b(body.get("body", b""), digest_size=12).hexdigest()
    tag = headers.setdefault("etag", f'W/"{digest}"')
    if not _known(asked.get("if-none-match", ""), tag):
        return body
    begun["status"] = 304
    del headers["content-length"], headers["content-type"]
    return {**body, "body": b""}


def _known(told: str, tag: str) -> bool:
    """As RFC 9110 compares for reading: weakly."""
    given = {one.strip().removeprefix("W/") for one in told.split(",")}
    return "*" in given or tag.removeprefix("W/") in given
