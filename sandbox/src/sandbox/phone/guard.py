"""Only this page, under a name of this machine: no other site's page presses our keys."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Guard:
    """Refuses other sites' requests, and gives every answer its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = refusal_of(Headers(scope=scope)) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, guarded)


def refusal_of(headers: Headers) -> JSONResponse | None:
    """A foreign name that leads to this machine, or another site's page."""
    host = headers.get("host", "")
    if _hostname(f"//{host}") not in HOSTS:
        return JSONResponse({"detail": "ask by the address of this machine"}, 421)
    origin = headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        return JSONResponse({"detail": "another site's page"}, 403)
    return None


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
