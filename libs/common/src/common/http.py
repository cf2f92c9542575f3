"""The HTTP clients: httpx on aiohttp's transport (a sixth of the CPU), answers read to a bound.

`client` is for providers, whose hosts an operator named. `public_client` is for addresses that a
workspace names: it connects to public addresses only, whatever a name resolves to.
"""

import asyncio
import ipaddress
import socket
import ssl
import zlib
from collections.abc import Callable
from functools import cache

import aiohttp
import httpx
from aiohttp.connector import AddrInfoType
from httpx_aiohttp import AiohttpTransport

KEEPALIVE = 3.0  # seconds; shorter than servers', or a request may meet a connection that closes
ANSWER = 64 * 1024  # bytes that are read of an answer, before and after decompression
MARGIN = (
    5.0  # seconds over the time-out of reading: the whole exchange has an end, drop by drop too
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Which are not of the internet, said IANA, after some Pythons that we run on were made; and those
# that were given up. 192.0.0.192 is where a cloud tells its machines their keys.
_SPECIAL = tuple(
    ipaddress.ip_network(one)
    for one in (
        *("192.0.0.0/24", "192.88.99.0/24"),
        *("64:ff9b:1::/48", "100::/32", "2001::/23", "3fff::/20", "5f00::/16", "fec0::/10"),
    )
)


class AnswerTooLarge(httpx.ReadError):
    """The request was taken, perhaps; its answer is not read."""


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


def client(
    *, timeout: float = 10.0, connections: int = 100, answer: int = ANSWER
) -> httpx.AsyncClient:
    """`timeout` in seconds, for each of connect (at most 5), read, write and pool.

    `answer`: bytes; a longer one raises `AnswerTooLarge`.
    """
    transport = AiohttpTransport(verify=_tls(), limits=_limits(connections), retries=0)
    return _client(transport, timeout, answer)


def public_client(
    *, timeout: float = 10.0, connections: int = 100, answer: int = ANSWER
) -> httpx.AsyncClient:
    """Connects to public addresses only. A refused one is a connection that failed.

    Looked at is the address that is connected to, so a name cannot change between look and use.
    """

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            ssl=_tls(),
            limit=connections,
            keepalive_timeout=KEEPALIVE,
            use_dns_cache=False,
            socket_factory=_public_socket,
        )
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    transport = AiohttpTransport(verify=_tls(), client=session, retries=0)
    return _client(transport, timeout, answer)


def _limits(connections: int) -> httpx.Limits:
    return httpx.Limits(
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=KEEPALIVE,
    )


def _client(transport: AiohttpTransport, timeout: float, answer: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=_Bounded(transport, answer),
        timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
        headers={"Accept-Encoding": "gzip"},
        follow_redirects=False,
        trust_env=False,
    )


class _Bounded(httpx.AsyncBaseTransport):
    """Reads answers whole, to `most` bytes as they come and as they unpack, and in a set time.

    A request of which more is expected says so: `extensions={"answer": bytes}`; None is for a file
    of a service of ours, which is handed on as it comes.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, most: int) -> None:
        self._transport = transport
        self._most = most

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        most = request.extensions.get("answer", self._most)
        if most is None:
            return await self._transport.handle_async_request(request)
        seconds = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(None if seconds is None else seconds + MARGIN):
                answer = await self._transport.handle_async_request(request)
                try:
                    body = await _read(answer, most)
                finally:
                    await answer.aclose()
        except TimeoutError:
            raise httpx.ReadTimeout("no whole answer in time", request=request) from None
        headers = [(n, v) for n, v in answer.headers.raw if n.lower() not in _OF_THE_BODY]
        return httpx.Response(
            answer.status_code,
            headers=headers,
            content=body,
            request=request,
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._transport.aclose()


async def _read(answer: httpx.Response, most: int) -> bytes:
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    unpack = _unpacking(encoding, most)
    came, parts, size = 0, [], 0
    async for part in answer.stream:  # type: ignore[union-attr]
        came += len(part)
        if came > most:
            raise AnswerTooLarge(f"more than {most} bytes")
        parts.append(unpack(part))
        size += len(parts[-1])
        if size > most:
            raise AnswerTooLarge(f"more than {most} bytes when unpacked")
    return b"".join(parts)


_OF_THE_BODY = {b"content-encoding", b"content-length", b"transfer-encoding"}


def _unpacking(encoding: str, most: int) -> Callable[[bytes], bytes]:
    """A little more than `most` bytes at a time, so that a bomb does not go off."""
    if encoding in ("identity", ""):
        return bytes
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise httpx.DecodingError(f"an answer in {encoding[:40]!r}, which was not asked for")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by its header

    def unpack(part: bytes) -> bytes:
        try:
            return unpacker.decompress(part, most + 1)
        except zlib.error:
            raise httpx.DecodingError("an answer that does not unpack") from None

    return unpack


def is_public(address: str) -> bool:
    """A host of the internet: not ours, the machine's, the link's, and nothing mapped onto those.

    `address` is numeric, as a socket has it.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped or found in _NAT64:
            return is_public(str(ipaddress.IPv4Address(found.packed[-4:])))
        if found.sixtofour or found.teredo:  # tunnels, which lead anywhere
            return False
    if any(found in network for network in _SPECIAL if network.version == found.version):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _public_socket(info: AddrInfoType) -> socket.socket:
    """Raises `OSError`, which is a connection that failed."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise PermissionError(f"{address[0]} is no public address")
    return socket.socket(family=family, type=kind, proto=protocol)
