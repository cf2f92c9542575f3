"""HTTP in: health, metrics, problem bodies (RFC 9457), body limits, API keys."""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import prometheus_client
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common import logging, metrics
from common.errors import BadInput, FieldError, Problem, Retry

if TYPE_CHECKING:
    from common.service import Runtime, Service

log = logging.get(__name__)
BODY_LIMIT = 256 * 1024  # bytes
KEY_AGE = 2.0  # seconds
PROBLEM = "application/problem+json"
health = APIRouter()


@health.get("/livez", include_in_schema=False)
async def livez(request: Request) -> Response:
    """The process is worth keeping: none of its background tasks has ended."""
    failed = any(tasks.failed for tasks in request.app.state.tasks)
    return Response("a task ended\n" if failed else "ok\n", 500 if failed else 200)


@health.get("/readyz", include_in_schema=False)
async def readyz(request: Request) -> Response:
    """Database and bus answer, so that requests can be served."""
    runtime: Runtime = request.app.state.runtime
    try:
        await runtime.db.ready()
        await runtime.bus.ready()
    except Exception as error:
        return Response(f"{type(error).__name__}: {error}\n", 503)
    return Response("ok\n")


@health.get("/metrics", include_in_schema=False)
async def read_metrics() -> Response:
    return Response(
        prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST
    )


def application(services: "Sequence[Service]", lifespan: Any) -> FastAPI:
    """One FastAPI application with the routers of these services and what all of them need."""
    names = ", ".join(service.name for service in services)
    app = FastAPI(title=f"Aftercall {names}", lifespan=lifespan, docs_url=None, redoc_url=None)
    for router in [*(r for service in services for r in service.routers), health]:
        app.router.routes.extend(router.routes)  # including it would match every path twice
    app.add_middleware(Observe, service=names)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Retry, _retry)
    app.add_exception_handler(BadInput, _bad_input)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
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


def problem(
    status: int,
    title: str,
    detail: str = "",
    *,
    errors: Sequence[FieldError] = (),
    retry_after: int | None = None,
) -> JSONResponse:
    """An RFC 9457 body; `errors` lists every wrong field."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = [{"field": e.field, "message": e.message} for e in errors]
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    return JSONResponse(body, status, headers, media_type=PROBLEM)


async def _problem(_: Request, error: Any) -> Response:
    return problem(
        error.status, error.title, error.detail, errors=error.errors, retry_after=error.retry_after
    )


async def _retry(_: Request, error: Any) -> Response:
    log.warning("unavailable", reason=error.reason)
    return problem(503, "Unavailable", "Nothing was stored; try again.", retry_after=5)


async def _bad_input(_: Request, error: Any) -> Response:
    return problem(422, "Invalid body", errors=error.errors)


async def _invalid(_: Request, error: Any) -> Response:
    return problem(
        422,
        "Invalid request",
        errors=[
            FieldError(".".join(str(part) for part in item["loc"]), item["msg"])
            for item in error.errors()
        ],
    )


async def _http(_: Request, error: Any) -> Response:
    return problem(error.status_code, str(error.detail))


async def _unexpected(_: Request, error: Any) -> Response:
    log.error("unexpected", exc_info=error)
    return problem(500, "Internal error", "It was logged.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls the API. `workspace` None is the operator: every workspace."""

    key_id: str
    name: str
    workspace: str | None
    scopes: frozenset[str]

    def workspace_or(self, asked: str | None) -> str:
        """The workspace a request is about. Raises `Problem` 403 or 422."""
        if self.workspace is None:
            if not asked:
                raise Problem(
                    422,
                    "Which workspace?",
                    errors=[FieldError("workspace", "an operator's key needs ?workspace=")],
                )
            return asked
        if asked and asked != self.workspace:
            raise Problem(403, "Not your workspace")
        return self.workspace


def key_hash(secret: str) -> bytes:
    """How the secret part of a key is stored; it has 256 random bits, so no salt is needed."""
    return hashlib.sha256(secret.encode()).digest()


class _Keys:
    """Rows of API keys, at most `KEY_AGE` old: what a revoked key may live on."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[float, Any]] = {}

    async def row(self, runtime: "Runtime", key_id: str) -> Any:
        known = self._rows.get(key_id)
        if known is not None:
            if time.monotonic() - known[0] < KEY_AGE:
                return known[1]
            # One asks; the others of this moment take what it knew.
            self._rows[key_id] = (time.monotonic(), known[1])
        try:
            async with runtime.db.connection() as connection:
                row = await connection.fetchrow(
                    "select workspace, name, hash, scopes from config.usable_api_keys"
                    " where id = $1",
                    key_id,
                )
        except BaseException:
            self._rows.pop(key_id, None)
            raise
        self._remember(key_id, row)
        return row

    def _remember(self, key_id: str, row: Any) -> None:
        if len(self._rows) > 10_000:
            self._rows.clear()
        if row is None:  # guesses are not remembered
            self._rows.pop(key_id, None)
        else:
            self._rows[key_id] = (time.monotonic(), row)


def caller(scope: str) -> Callable[[Request], Awaitable[Caller]]:
    """A FastAPI dependency: the request's API key (`Authorization: Bearer ac_<id>_<secret>`).

    Scopes: `events:write`, `read`, `consent:write`, `config:write`; `admin` implies all.
    Raises `Problem` 401 or 403.
    """

    keys = _Keys()

    async def check(request: Request) -> Caller:
        word, _, key = request.headers.get("authorization", "").partition(" ")
        prefix, _, rest = key.strip().partition("_")
        key_id, _, secret = rest.partition("_")
        if word.lower() != "bearer" or prefix != "ac" or not secret:
            raise Problem(401, "API key needed", "Authorization: Bearer ac_...")
        row = await keys.row(request.app.state.runtime, key_id.replace("\x00", ""))
        if row is None or not hmac.compare_digest(row["hash"], key_hash(secret)):
            raise Problem(401, "Unknown API key")
        scopes = frozenset(row["scopes"])
        if not scopes & {scope, "admin"}:
            raise Problem(403, "Not allowed", f"This key lacks the scope {scope}.")
        return Caller(key_id, row["name"], row["workspace"], scopes)

    return check
