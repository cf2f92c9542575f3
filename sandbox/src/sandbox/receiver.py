"""The platform's side of the webhooks, for tests of the sandbox: records them, answers as set."""

import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response

from sandbox.server import listen


@dataclass(frozen=True, slots=True)
class Received:
    """A post; `url` is what was called, as far as the server can tell."""

    url: str
    headers: dict[str, str]
    form: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """`answers` are (status, content type, body), used up one by one; after that 204."""

    url: str = ""
    requests: list[Received] = field(default_factory=list)
    answers: deque[tuple[int, str, str]] = field(default_factory=deque)

    @property
    def statuses(self) -> list[str]:
        """The message statuses that callbacks told, in order of arrival."""
        forms = [request.form for request in self.requests]
        return [form["MessageStatus"] for form in forms if "MessageStatus" in form]

    @property
    def texts(self) -> list[dict[str, str]]:
        """The forms of inbound texts."""
        forms = [request.form for request in self.requests]
        return [form for form in forms if form.get("SmsStatus") == "received"]


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Listens on a free port of loopback; any path will do."""
    state = Receiver()
    app = FastAPI(openapi_url=None)

    @app.post("/{path:path}")
    async def take(request: Request) -> Response:
        body = await request.body()
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        path = request.scope["raw_path"].decode()
        query = f"?{request.url.query}" if request.url.query else ""
        state.requests.append(Received(state.url + path + query, dict(request.headers), form, body))
        if not state.answers:
            return Response(status_code=204)
        status, kind, content = state.answers.popleft()
        return Response(content, status, media_type=kind)

    async with listen(app, "127.0.0.1", 0) as listener:
        state.url = listener.base_url
        yield state
