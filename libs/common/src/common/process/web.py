"""The HTTP application of a process: routes, bodies with a bound, one metric per request."""

import time
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.errors import Problem
from common.process.health import health
from common.process.problems import answer_problems
from common.process.runtime import Service
from common.telemetry import logging, metrics

log = logging.get(__name__)
BODY_LIMIT = 256 * 1024  # bytes


def application(services: Sequence[Service], lifespan: Any) -> FastAPI:
    """One FastAPI application with the routers of these services and what all of them need."""
    names = ", ".join(service.name for service in services)
    app = FastAPI(title=f"Aftercall {names}", lifespan=lifespan, docs_url=None, redoc_url=None)
    for router in [*(r for service in services for r in service.routers), health]:
        app.router.routes.extend(router.routes)  # including it would match every path twice
    app.add_middleware(Observe, service=names)
    answer_problems(app)
    return app


async def body_of(request: Request, *, limit: int = BODY_LIMIT) -> bytes:
    """The raw body, never more than `limit` bytes of it. Raises `Problem` 413."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise Problem(413, "Body too large", f"At most {limit} bytes are read.")
        parts.append(part)
    return b"".join(parts)


class Observe:
    """ASGI middleware: one metric and one debug line per request."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

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
