"""The HTTP application of a process: routes, bodies with a bound, one metric per request."""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from common.errors import Problem
from common.process import manners, pages
from common.process.health import health
from common.process.problems import answer_problems, problem
from common.process.query import hold_to_what_is_declared
from common.process.runtime import Service
from common.telemetry import logging, metrics

log = logging.get(__name__)
BODY_LIMIT = 256 * 1024  # bytes
# Of every answer that does not say otherwise: nothing of it is to be shown, kept or framed.
SECURITY_HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"strict-transport-security": b"max-age=31536000",
    b"x-content-type-options": b"nosniff",
    b"x-robots-tag": b"noindex, nofollow",
}


def application(services: Sequence[Service], lifespan: Any) -> FastAPI:
    """What is public: the routers of these services, and nothing else."""
    names = ", ".join(service.name for service in services)
    app = FastAPI(
        title=f"Aftercall {names}",
        lifespan=lifespan,
        openapi_url=None,
        # A redirect would go to whatever the Host header says, with the secrets of the URL.
        redirect_slashes=False,
    )

    @app.get("/", include_in_schema=False)
    async def where_things_are() -> dict[str, Any]:
        return pages.places(app)

    for router in (r for service in services for r in service.routers):
        app.router.routes.extend(router.routes)  # including it would match every path twice
    hold_to_what_is_declared(app, app.router.routes)
    app.add_middleware(manners.Conditional)
    app.add_middleware(Observe, service=names)
    app.add_middleware(manners.Reading)
    answer_problems(app)
    app.state.names = names
    app.state.tasks = []  # none has ended before any has begun
    return app


def internal(public: FastAPI) -> FastAPI:
    """What is for operation alone, on a port of its own: health, metrics, OpenAPI."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state = public.state
    app.router.routes.extend(health.routes)

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi() -> dict[str, Any]:
        return public.openapi()

    @app.get(pages.DOCS, include_in_schema=False)
    async def documentation() -> Response:
        return pages.documentation(public.openapi())

    @app.middleware("http")
    async def wait_for_the_public_port(request: Request, call_next: Any) -> Response:
        if request.url.path == "/readyz" and not getattr(app.state, "listening", True):
            return problem(503, "Starting", "It does not listen for requests.")
        answer: Response = await call_next(request)
        return answer

    app.add_middleware(Observe, service=public.state.names)
    answer_problems(app)
    return app


async def body_of(request: Request, *, limit: int = BODY_LIMIT) -> bytes:
    """The raw body, never more than `limit` bytes of it, nor than the operator allows.

    Raises `Problem` 413.
    """
    limit = min(limit, request.app.state.runtime.settings.largest_body)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise Problem(413, "Body too large", f"At most {limit} bytes are read.")
            parts.append(part)
    except ClientDisconnect:
        raise Problem(400, "Body incomplete") from None  # nobody is there to read it
    return b"".join(parts)


async def json_of(request: Request, *, limit: int = BODY_LIMIT) -> Any:
    """The body, decoded. Raises `Problem` 400 or 413."""
    raw = await body_of(request, limit=limit)
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, "Not JSON", str(error)) from None


class Observe:
    """ASGI middleware: one metric and one debug line per request, headers for every answer.

    Every line that is logged meanwhile says which request it was, and so does the answer.
    """

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = manners.request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500
        is_line = False

        async def note_status(message: Message) -> None:
            nonlocal status, is_line
            if message["type"] == "http.response.start":
                status = message["status"]
                is_line = scope["method"] != "HEAD" and _made_longer(message["headers"])
                _secure(message["headers"])
                message["headers"].append((b"x-request-id", request_id.encode()))
            elif is_line and not message.get("more_body"):
                message = {**message, "body": message.get("body", b"") + b"\n"}
            await send(message)

        with bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, note_status)
            finally:
                # The template, not the path: paths can hold secrets and tokens.
                template = getattr(scope.get("route"), "path", "unmatched")
                seconds = time.perf_counter() - started
                metrics.HTTP_SECONDS.labels(
                    self._service, scope["method"], template, str(status)
                ).observe(seconds)
                log.debug("http", method=scope["method"], route=template, status=status)


def _made_longer(headers: list[tuple[bytes, bytes]]) -> bool:
    """Of an answer in JSON, by its newline: a terminal's prompt does not stand behind it."""
    length: int | None = None
    is_json = False
    for place, (name, value) in enumerate(headers):
        if name == b"content-length" and value != b"0":
            length = place
        elif name == b"content-type":
            is_json = value.endswith(b"json")
    if length is None or not is_json:
        return False
    headers[length] = (b"content-length", b"%d" % (int(headers[length][1]) + 1))
    return True


def _secure(headers: list[tuple[bytes, bytes]]) -> None:
    said = {name for name, _ in headers}
    headers.extend(one for one in SECURITY_HEADERS.items() if one[0] not in said)
