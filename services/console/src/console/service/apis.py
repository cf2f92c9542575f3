"""The public REST APIs of the other services: all that a page shows comes from them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import httpx

from common.errors import FieldError, Problem
from common.telemetry import logging

TIMEOUT = 20.0  # seconds
LONGEST = 32 * 1024 * 1024  # bytes of an answer

# Which service answers, by the first part of a path.
SERVICES: Mapping[str, str] = {
    "alerts": "closed-loop",
    "webhooks": "closed-loop",
    "calls": "analytics",
    "export": "analytics",
    "funnel": "analytics",
    "resolution": "analytics",
    "response-rates": "analytics",
    "responses": "analytics",
    "scores": "analytics",
    "studies": "analytics",
    "trend": "analytics",
    "values": "analytics",
    "config": "orchestrator",
    "decisions": "orchestrator",
    "doubts": "orchestrator",
    "flows": "orchestrator",
    "invitations": "orchestrator",
    "legal-notice": "orchestrator",
    "surveys": "orchestrator",
    "workspaces": "orchestrator",
    "sms": "sms-sender",
    "ivr": "ivr-gateway",
    "whatsapp": "whatsapp-sender",
}
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, or the problem that stood in its way: `status` 0 is that nobody answered.

    `tag` of a document: what is to be told when it is written again.
    """

    status: int
    body: Any
    problem: str = ""
    errors: Sequence[FieldError] = ()
    tag: str = ""

    @property
    def ok(self) -> bool:
        return self.status == 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Apis:
    """As one person: `token` is theirs, and the services enforce what they may.

    `service_url` None: `here` is the application of this process, where the services run too.
    """

    http: httpx.AsyncClient
    token: str
    service_url: str | None
    workspace: str | None = None  # which one an operator looks at

    def _request(
        self,
        method: str,
        path: str,
        query: Query,
        body: Any = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        longest: int | None,
    ) -> httpx.Request:
        service = SERVICES[path.split("/", 1)[0]]
        base = (self.service_url or "http://{service}").format(service=service)
        chosen = [("workspace", self.workspace)] if self.workspace else []
        return self.http.build_request(
            method,
            f"{base}/v1/{path}",
            params=httpx.QueryParams([*query, *chosen]),
            json=body,
            # Packing what goes from service to service costs more than it spares.
            headers={
                "authorization": f"Bearer {self.token}",
                "accept-encoding": "identity",
                **_request_id(),
                **headers,
            },
            timeout=TIMEOUT,
            extensions={"answer": longest},
        )

    async def get(self, path: str, query: Query = ()) -> Answer:
        return await self._ask("GET", path, query)

    async def all(self, *wanted: tuple[str, Query]) -> list[Answer]:
        """Side by side, each with its own trouble."""
        return list(await asyncio.gather(*(self.get(path, query) for path, query in wanted)))

    async def patch(self, path: str, body: Any) -> Answer:
        return await self._ask("PATCH", path, (), body)

    async def post(self, path: str, body: Any, *, query: Query = ()) -> Answer:
        return await self._ask("POST", path, query, body)

    async def put(self, path: str, body: Any, *, tag: str, query: Query = ()) -> Answer:
        """`tag`: of what is written over; "": there was nothing."""
        return await self._ask("PUT", path, query, body, _seen(tag))

    async def delete(self, path: str, *, tag: str | None = None) -> Answer:
        """`tag` None: whatever it is now."""
        return await self._ask("DELETE", path, (), None, {} if tag is None else _seen(tag))

    async def _ask(
        self,
        method: str,
        path: str,
        query: Query,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        try:
            answer = await self.http.send(
                self._request(method, path, query, body, headers or {}, longest=LONGEST)
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer(0, None, f"The service does not answer ({type(error).__name__}).")
        return _answer(answer)

    @asynccontextmanager
    async def stream(self, path: str, query: Query) -> AsyncIterator[httpx.Response]:
        """An answer as it comes. Raises `Problem`."""
        try:
            request = self._request("GET", path, query, longest=None)
            answer = await self.http.send(request, stream=True)
        except httpx.HTTPError:
            raise Problem(502, "The service does not answer") from None
        try:
            if answer.status_code != 200:
                await answer.aread()
                told = _answer(answer)
                raise Problem(told.status, told.problem, errors=told.errors)
            yield answer
        finally:
            await answer.aclose()


def _request_id() -> dict[str, str]:
    """Whatever a page asks for is one request in all logs."""
    known = logging.request_id()
    return {"x-request-id": known} if known else {}


def _seen(tag: str) -> dict[str, str]:
    return {"if-match": tag} if tag else {"if-none-match": "*"}


def _answer(answer: httpx.Response) -> Answer:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if answer.is_success and (body is not None or answer.status_code == 204):
        return Answer(200, body, tag=answer.headers.get("etag", ""))
    told: Mapping[str, Any] = body if isinstance(body, dict) else {}
    problem = str(told.get("detail") or told.get("title") or f"Answer {answer.status_code}")
    errors = [
        FieldError(str(one.get("field", "")), str(one.get("message", "")))
        for one in told.get("errors", ())
        if isinstance(one, dict)
    ]
    return Answer(answer.status_code, body, problem, errors)
