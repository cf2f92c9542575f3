"""Signed form posts to the platform: callbacks and inbound texts, with the carrier's retries."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlencode

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from sandbox.ledger import Ledger, Webhook, utc_now

_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_RETRYABLE = frozenset({408, 429})  # refusals that ask for another try, besides 5xx


@lru_cache(maxsize=1024)
def _validator(token: str) -> RequestValidator:
    return RequestValidator(token)


def signature(token: str, url: str, form: Mapping[str, str]) -> str:
    """X-Twilio-Signature of a form post to exactly this URL."""
    signed: str = _validator(token).compute_signature(url, dict(form))
    return signed


def by_twilio(event: "Event") -> dict[str, str]:
    return {
        "I-Twilio-Idempotency-Token": event.token,
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": signature(event.auth_token, event.url, event.form),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something to post to the platform. Copies and tries of it carry one idempotency token.

    `signed`: the headers by which the platform knows who posts it.
    """

    sid: str
    name: str  # the message status, or `received`
    url: str
    auth_token: str
    form: Mapping[str, str]
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    signed: Callable[["Event"], Mapping[str, str]] = by_twilio


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: none came, `error` says why. `text` would be sent to the person.

    `body`, of `media_type`: what is played to somebody on the telephone.
    """

    status: int | None
    error: str | None = None
    text: str = ""
    body: bytes = b""
    media_type: str = ""

    @property
    def acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def retryable(self) -> bool:
        return self.status is None or self.status >= 500 or self.status in _RETRYABLE


class Webhooks:
    """`tries` None is the carrier's default: once more, and only when no connection was made.

    A number: so many tries, on lost connections, time-outs, 408, 429 and 5xx; 0: until
    acknowledged or refused. `pause` in seconds before a second try; it doubles, up to 2 s.
    """

    def __init__(
        self, ledger: Ledger, *, tries: int | None = None, timeout: float = 15.0, pause: float = 0.1
    ) -> None:
        self._ledger = ledger
        self._tries = tries
        self._pause = pause
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=512),
            timeout=aiohttp.ClientTimeout(total=timeout),
            auto_decompress=False,
        )

    async def close(self) -> None:
        await self._session.close()

    async def post(self, event: Event) -> Answer:
        """Posts it, with retries; the last try's answer."""
        headers = {"Content-Type": _FORM, **event.signed(event)}
        body = urlencode(event.form).encode()
        attempt, pause = 0, self._pause
        while True:
            attempt += 1
            answer, connected = await self._try(event, body, headers=headers)
            self._record(event, answer, attempt=attempt)
            if not self._should_retry(answer, connected=connected, attempt=attempt):
                return answer
            await asyncio.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _should_retry(self, answer: Answer, *, connected: bool, attempt: int) -> bool:
        if answer.acknowledged or not answer.retryable:
            return False
        if self._tries is None:
            return not connected and attempt < 2
        return self._tries == 0 or attempt < self._tries

    async def _try(
        self, event: Event, body: bytes, *, headers: Mapping[str, str]
    ) -> tuple[Answer, bool]:
        """The answer, and whether there was a connection at all."""
        try:
            # `encoded`: the URL goes out as it was given, for it is what is signed.
            async with self._session.post(
                URL(event.url, encoded=True), data=body, headers=headers, allow_redirects=False
            ) as response:
                content = await response.read()
                plain = response.content_type == "text/plain" and response.status == 200
                text = content.decode(errors="replace") if plain else ""
                answer = Answer(
                    response.status,
                    text=text.strip(),
                    body=content,
                    media_type=response.content_type,
                )
                return answer, True
        except aiohttp.ClientConnectorError as error:
            return Answer(None, type(error).__name__), False
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return Answer(None, type(error).__name__), True

    def _record(self, event: Event, answer: Answer, *, attempt: int) -> None:
        self._ledger.add(
            Webhook(
                at=utc_now(),
                sid=event.sid,
                event=event.name,
                url=event.url,
                token=event.token,
                attempt=attempt,
                status=answer.status,
                error=answer.error,
            )
        )
