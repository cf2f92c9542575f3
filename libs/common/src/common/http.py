"""One HTTP client for every provider: httpx on aiohttp's transport (a sixth of the CPU)."""

import httpx
from httpx_aiohttp import AiohttpTransport

# Nothing of the request can have left us when one of these is raised: repeating is safe.
NOTHING_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)


def client(*, timeout: float = 10.0, connections: int = 100) -> httpx.AsyncClient:
    """`timeout` in seconds, for each of connect (at most 5), read, write and pool."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.AsyncClient(
        transport=AiohttpTransport(limits=limits, retries=0),
        timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
        follow_redirects=False,
        trust_env=False,
    )
