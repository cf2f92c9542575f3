"""One HTTP client for every provider: httpx on aiohttp's transport (a sixth of the CPU)."""

import ssl
from functools import cache

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

KEEPALIVE = 3.0  # seconds; shorter than servers', or a request may meet a connection that closes


def nothing_left(error: BaseException) -> bool:
    """Nothing of the request can have left us, so that repeating it is safe.

    The transport calls a connection that broke after the request was sent a `ConnectTimeout` too;
    only aiohttp's own exception tells the two apart.
    """
    before_writing = aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return True
    return isinstance(error, httpx.TransportError) and isinstance(error.__cause__, before_writing)


@cache
def _tls() -> ssl.SSLContext:
    """Trusted roots, read once: it takes longer than many a request."""
    return httpx.create_ssl_context(trust_env=False)


def client(*, timeout: float = 10.0, connections: int = 100) -> httpx.AsyncClient:
    """`timeout` in seconds, for each of connect (at most 5), read, write and pool."""
    limits = httpx.Limits(
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=KEEPALIVE,
    )
    return httpx.AsyncClient(
        transport=AiohttpTransport(verify=_tls(), limits=limits, retries=0),
        timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
        follow_redirects=False,
        trust_env=False,
    )
