"""One request to one endpoint, and what became of it in words."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import httpx
import msgspec

from closed_loop.domain import signing
from closed_loop.domain.addresses import is_allowed, refused
from closed_loop.domain.retrying import Tried
from closed_loop.repository.deliveries import Claimed
from common.http import AnswerTooLarge, nothing_left
from common.time import Clock

KEPT = 1_000  # characters of an answer
AGENT = "Aftercall-Webhooks/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """`outside` connects to public addresses alone; `inside` to hosts that the operator allows."""

    outside: httpx.AsyncClient
    inside: httpx.AsyncClient
    hosts: Collection[str] | None  # None: this machine alone
    pepper: bytes
    timeout: float  # seconds
    clock: Clock

    async def post(self, claimed: Claimed) -> Tried:
        """Never raises: whatever happens is something to be written down."""
        at = self.clock()
        if why := refused(claimed.url, self.hosts):
            return Tried(at=at, status=None, problem=f"refused: {why}")
        body = body_of(claimed)
        headers = self._headers(claimed, body)
        client = self.inside if is_allowed(claimed.url, self.hosts) else self.outside
        began = time.monotonic()
        try:
            answer = await client.post(
                claimed.url, content=body, headers=headers, timeout=self.timeout
            )
        except Exception as error:  # also what only a strange name makes, such as a UnicodeError
            took = round((time.monotonic() - began) * 1000)
            return Tried(at=at, status=None, problem=_words(error), milliseconds=took)
        took = round((time.monotonic() - began) * 1000)
        return Tried(
            at=at,
            status=answer.status_code,
            problem=None if answer.is_success else f"HTTP {answer.status_code}",
            answer=_clipped(answer.content),
            milliseconds=took,
            retry_after=_retry_after(answer),
        )

    def _headers(self, claimed: Claimed, body: bytes) -> dict[str, str]:
        workspace, endpoint = claimed.place
        now = self.clock()
        keys = [
            signing.key_of(self.pepper, workspace, endpoint, salt)
            for salt in claimed.salts.valid(now)
        ]
        name = signing.message_name(claimed.message)
        return {
            "content-type": "application/json",
            "user-agent": AGENT,
            **signing.headers(name, now, body, keys),
        }


def body_of(claimed: Claimed) -> bytes:
    """What an endpoint gets: the same bytes each time, so that copies can be told."""
    if claimed.format == "slack":
        subject, text = claimed.data.get("subject", ""), claimed.data["text"]
        return msgspec.json.encode({"text": _escaped(f"*{subject}*\n{text}" if subject else text)})
    told = {"type": claimed.type, "timestamp": claimed.at, "data": claimed.data}
    return msgspec.json.encode(told)


def _escaped(text: str) -> str:
    """Slack's three characters; what a caller wrote mentions nobody there."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _words(error: Exception) -> str:
    """Without addresses: whoever named the endpoint shall not learn of our network."""
    if isinstance(error, AnswerTooLarge):
        return "its answer is longer than 64 KiB"
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return "it is no address"
    if _is_private(error):
        return "refused: it is no public address"
    if nothing_left(error):
        return "no connection"
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return f"the connection broke ({type(error).__name__})"


def _is_private(error: BaseException) -> bool:
    """`common.http.public_client` refuses by `PermissionError` where it connects."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, PermissionError) or isinstance(
            getattr(found, "os_error", None), PermissionError
        ):
            return True
        found = found.__cause__
    return False


def _clipped(content: bytes) -> str:
    """As text, without what no column takes."""
    return content[: 4 * KEPT].decode("utf-8", "replace").replace("\x00", "")[:KEPT]


def _retry_after(answer: httpx.Response) -> timedelta | None:
    """Seconds; a date is left to our own pauses."""
    told = answer.headers.get("retry-after", "").strip()
    if answer.status_code not in (429, 503) or not told.isascii() or not told.isdecimal():
        return None
    return timedelta(seconds=min(int(told[:9]), 7 * 86_400))
