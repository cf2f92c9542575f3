"""Who sends operations: `Aftercall` in threads, `AsyncAftercall` in asyncio.

Both try again what may be tried again, as long as `patience` lasts: what the platform was too busy
for or could not store (429, 503), and, for requests that do the same when they come twice, an
answer that was lost on its way or that a proxy gave in its place (502, 503, 504).
"""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self, cast

import httpx

from aftercall_client.operation import Answer, Operation
from aftercall_client.problem import Problem, Unreachable

_OURS = "application/problem+json"
_NOT_DONE = (429, 503)  # said by the platform itself: nothing was stored
_OF_A_PROXY = (502, 503, 504)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 15.0  # seconds; doubled from try to try, some part by chance


class _Settings:
    """What both clients are made of. `url`: of the platform, or of one service of it."""

    def __init__(self, url: str, key: str, *, timeout: float, patience: float) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url!r} is no address: it begins with http:// or https://")
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ValueError("the key has a character that no key has; copy it again")
        self.patience = patience
        self.options: dict[str, Any] = {
            "base_url": url.rstrip("/"),
            "timeout": timeout,
            "headers": {"Authorization": f"Bearer {key}"},
        }


class _Tries:
    """How long to wait before the next try of one operation; None: it is over."""

    def __init__(self, operation: Operation[Any], patience: float) -> None:
        self._safe_again = operation.safe_again
        self._until = time.monotonic() + patience
        self._pause = _FIRST_PAUSE

    def after(self, response: httpx.Response) -> float | None:
        ours = response.headers.get("content-type", "").startswith(_OURS)
        again = response.status_code in (_NOT_DONE if ours else _OF_A_PROXY)
        if not again or not (ours or self._safe_again):
            return None
        told = response.headers.get("retry-after", "")
        return self._next(float(told) if told.isdigit() else 0.0)

    def lost(self, error: httpx.RequestError) -> float | None:
        never_sent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
        return self._next(0.0) if never_sent or self._safe_again else None

    def _next(self, at_least: float) -> float | None:
        pause = max(at_least, self._pause * random.uniform(0.5, 1.0))  # noqa: S311  no secret
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        return pause if time.monotonic() + pause < self._until else None


def _request(client: httpx.Client | httpx.AsyncClient, told: Operation[Any]) -> httpx.Request:
    headers = {name: value for name, value in told.headers.items() if value is not None}
    if told.body is None:
        return client.build_request(
            told.method, told.url(), params=told.parameters(), headers=headers
        )
    headers["Content-Type"] = told.media
    return client.build_request(
        told.method,
        told.url(),
        params=told.parameters(),
        headers=headers,
        content=json.dumps(told.body, ensure_ascii=False, allow_nan=False).encode(),
    )


def _answer(_: Operation[Answer], response: httpx.Response) -> Answer:
    if not response.is_success:
        raise Problem(response)
    told: Any = response.content or None
    if response.headers.get("content-type", "").partition(";")[0] == "application/json":
        told = response.json()
    return cast(Answer, told)


def _following(operation: Operation[Answer], page: Answer) -> Operation[Answer] | None:
    cursor = cast(dict[str, Any], page).get("next_cursor")
    return operation.with_query(cursor=cursor) if cursor else None


class Aftercall(_Settings):
    """One platform and one API key. Threads may share it; close it, or use it in `with`.

    `timeout`: seconds without a byte, of one try. `patience`: seconds for all tries together.
    """

    def __init__(
        self, url: str, key: str, *, timeout: float = 30.0, patience: float = 60.0
    ) -> None:
        super().__init__(url, key, timeout=timeout, patience=patience)
        self._http = httpx.Client(**self.options)

    def send(self, operation: Operation[Answer]) -> Answer:
        """The decoded answer; of a file its bytes. Raises `Problem` and `Unreachable`."""
        return _answer(operation, self._response(operation))

    def tagged(self, operation: Operation[Answer]) -> tuple[Answer, str]:
        """Also its ETag, for the `if_match` of a change to just this."""
        response = self._response(operation)
        return _answer(operation, response), response.headers.get("etag", "")

    def pages(self, operation: Operation[Answer]) -> Iterator[Answer]:
        """Each page of a list, by its cursor, until there is none."""
        following: Operation[Answer] | None = operation
        while following is not None:
            page = self.send(following)
            yield page
            following = _following(operation, page)

    def stream(self, operation: Operation[bytes]) -> Iterator[bytes]:
        """A file in pieces, as they come, in one try: what it began with cannot be taken back.

        Raises `Problem`, and `Unreachable` where it broke off.
        """
        try:
            response = self._http.send(_request(self._http, operation), stream=True)
            if not response.is_success:
                response.read()
                raise Problem(response)
            try:
                yield from response.iter_bytes()
            finally:
                response.close()
        except httpx.RequestError as error:
            raise Unreachable(f"{self._http.base_url}: {error!r}") from error

    def _response(self, operation: Operation[Any]) -> httpx.Response:
        tries = _Tries(operation, self.patience)
        while True:
            try:
                response = self._http.send(_request(self._http, operation))
            except httpx.RequestError as error:
                pause = tries.lost(error)
                if pause is None:
                    raise Unreachable(f"{self._http.base_url}: {error!r}") from error
            else:
                pause = tries.after(response)
                if pause is None:
                    return response
            time.sleep(pause)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncAftercall(_Settings):
    """`Aftercall` for asyncio."""

    def __init__(
        self, url: str, key: str, *, timeout: float = 30.0, patience: float = 60.0
    ) -> None:
        super().__init__(url, key, timeout=timeout, patience=patience)
        self._http = httpx.AsyncClient(**self.options)

    async def send(self, operation: Operation[Answer]) -> Answer:
        """The decoded answer; of a file its bytes. Raises `Problem` and `Unreachable`."""
        return _answer(operation, await self._response(operation))

    async def tagged(self, operation: Operation[Answer]) -> tuple[Answer, str]:
        """Also its ETag, for the `if_match` of a change to just this."""
        response = await self._response(operation)
        return _answer(operation, response), response.headers.get("etag", "")

    async def pages(self, operation: Operation[Answer]) -> AsyncIterator[Answer]:
        """Each page of a list, by its cursor, until there is none."""
        following: Operation[Answer] | None = operation
        while following is not None:
            page = await self.send(following)
            yield page
            following = _following(operation, page)

    async def stream(self, operation: Operation[bytes]) -> AsyncIterator[bytes]:
        """A file in pieces, as they come, in one try: what it began with cannot be taken back.

        Raises `Problem`, and `Unreachable` where it broke off.
        """
        try:
            response = await self._http.send(_request(self._http, operation), stream=True)
            if not response.is_success:
                await response.aread()
                raise Problem(response)
            try:
                async for piece in response.aiter_bytes():
                    yield piece
            finally:
                await response.aclose()
        except httpx.RequestError as error:
            raise Unreachable(f"{self._http.base_url}: {error!r}") from error

    async def _response(self, operation: Operation[Any]) -> httpx.Response:
        tries = _Tries(operation, self.patience)
        while True:
            try:
                response = await self._http.send(_request(self._http, operation))
            except httpx.RequestError as error:
                pause = tries.lost(error)
                if pause is None:
                    raise Unreachable(f"{self._http.base_url}: {error!r}") from error
            else:
                pause = tries.after(response)
                if pause is None:
                    return response
            await asyncio.sleep(pause)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
