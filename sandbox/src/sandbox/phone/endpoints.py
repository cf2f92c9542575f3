"""The phone over HTTP: a page, what happens as a stream, and what a person may do."""

import json
from collections.abc import AsyncIterator
from importlib import resources
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.phone.desk import Desk
from sandbox.phone.guard import Guard
from sandbox.phone.phones import Phone, Phones
from sandbox.phone.refusals import Refusal, TooMany, Unknown

LONGEST = 16 * 1024  # bytes of a request
MOST_STREAMS = 4  # pages that look at one phone
BREATH = 15.0  # seconds, after which a stream says that it is still there
FILES = {
    "/": ("phone.html", "text/html; charset=utf-8"),
    "/review": ("review.html", "text/html; charset=utf-8"),
    "/phone.js": ("phone.js", "text/javascript; charset=utf-8"),
    "/phone.css": ("phone.css", "text/css; charset=utf-8"),
}
Number = Annotated[str, Field(max_length=20)]
Word = Annotated[str, Field(min_length=1, max_length=50)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class EndCall(_Body):
    queue: Word
    agent: Word
    channel: Literal["sms", "whatsapp", "ivr"] | None = None
    number: Number | None = None
    agrees: bool = False


class Write(_Body):
    to: Number
    body: Annotated[str, Field(min_length=1, max_length=1_600)]


class Tap(_Body):
    chat: Annotated[str, Field(max_length=100)]
    title: Annotated[str, Field(min_length=1, max_length=100)]


class OnCall(_Body):
    does: Literal["pick_up", "decline", "hang_up", "press"]
    key: Annotated[str, Field(max_length=1)] = ""


B = TypeVar("B", bound=_Body)


def application(phones: Phones, desk: Desk, *, console: str) -> FastAPI:
    """`desk`: which calls may end. `console`: where the answers are to be seen."""
    app = FastAPI(title="A phone", docs_url=None, redoc_url=None, openapi_url=None)
    pages = resources.files(__package__).joinpath("page")
    for path, (name, media_type) in FILES.items():
        app.add_api_route(path, _file(pages.joinpath(name).read_bytes(), media_type))
    app.include_router(_about(desk, console))
    app.include_router(_looking(phones))
    app.include_router(_doing(phones, desk))
    app.add_exception_handler(Refusal, _refused)
    app.add_middleware(Guard)
    return app


def _file(content: bytes, media_type: str) -> Any:
    async def file() -> Response:
        return Response(content, media_type=media_type)

    return file


async def _refused(request: Request, refusal: Exception) -> Response:
    return JSONResponse({"detail": str(refusal)}, getattr(refusal, "status", 422))


async def _read(request: Request, kind: type[B]) -> B:
    """Raises HTTPException: what is wrong, and where."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise HTTPException(415, "a body is JSON")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            raise HTTPException(413, f"a body is at most {LONGEST} bytes")
    try:
        return kind.model_validate_json(body)
    except ValidationError as wrong:
        found = wrong.errors(include_url=False, include_input=False, include_context=False)
        raise HTTPException(422, found) from None


def _about(desk: Desk, console: str) -> APIRouter:
    routes = APIRouter()

    @routes.get("/choices")
    async def choices() -> dict[str, Any]:
        """Which calls may end."""
        return {**await desk.choices(), "console": console}

    return routes


def _looking(phones: Phones) -> APIRouter:
    routes = APIRouter()
    Held = Annotated[Phone, Depends(_held(phones))]

    @routes.post("/phones", status_code=201)
    async def take() -> dict[str, str]:
        phone = phones.take()
        return {"id": phone.token, "number": phone.number}

    @routes.get("/phones/{token}")
    async def look(phone: Held) -> dict[str, str]:
        return {"id": phone.token, "number": phone.number}

    @routes.get("/phones/{token}/happenings")
    async def happenings(phone: Held, request: Request) -> Response:
        """Server-sent events, from the last one that the page has."""
        if phone.streams >= MOST_STREAMS:
            raise TooMany(f"{MOST_STREAMS} pages look at this phone already")
        last = request.headers.get("last-event-id", "0")
        since = int(last) if last.isascii() and last.isdecimal() and len(last) < 10 else 0
        return StreamingResponse(_stream(phone, since), media_type="text/event-stream")

    return routes


def _doing(phones: Phones, desk: Desk) -> APIRouter:
    routes = APIRouter(prefix="/phones/{token}")
    Held = Annotated[Phone, Depends(_held(phones))]

    @routes.post("/ended-calls", status_code=202)
    async def end_call(phone: Held, request: Request) -> None:
        given = await _read(request, EndCall)
        await phones.end_call(phone, desk.call(given.model_dump()))

    @routes.post("/texts", status_code=202)
    async def text(phone: Held, request: Request) -> None:
        given = await _read(request, Write)
        await phones.text(phone, given.to, given.body)

    @routes.post("/chats", status_code=202)
    async def chat(phone: Held, request: Request) -> None:
        given = await _read(request, Write)
        await phones.chat(phone, given.to, given.body)

    @routes.post("/taps", status_code=202)
    async def tap(phone: Held, request: Request) -> None:
        given = await _read(request, Tap)
        await phones.tap(phone, given.chat, given.title)

    @routes.post("/call", status_code=202)
    async def on_call(phone: Held, request: Request) -> None:
        given = await _read(request, OnCall)
        match given.does:
            case "pick_up":
                phone.line.pick_up()
            case "decline":
                phone.line.decline()
            case "hang_up":
                phone.line.hang_up()
            case "press":
                phone.line.tap(given.key)

    return routes


def _held(phones: Phones) -> Any:
    async def held(token: str) -> Phone:
        found = phones.held(token)
        if found is None:
            raise Unknown("no such phone")
        return found

    return held


async def _stream(phone: Phone, since: int) -> AsyncIterator[str]:
    phone.streams += 1
    try:
        yield "retry: 500\n\n"
        while not phone.feed.closed:
            found = await phone.feed.after(since, patience=BREATH)
            for since, what in found:
                yield f"id: {since}\ndata: {json.dumps(what)}\n\n"
            if not found:
                yield ": still here\n\n"
    finally:
        phone.streams -= 1
