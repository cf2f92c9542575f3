"""What a listener takes from strangers: how large a request is, how slow, how many at once."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from common.telemetry.metrics import CONNECTIONS_CLOSED

LOOK = 5.0  # seconds between two looks at a connection, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one listener. `keep_alive` is longer than what stands in front keeps a connection.

    Load balancers reuse a connection for 60 s (ALB, ingress-nginx): who closes first must be they,
    or a request meets a connection that is just being closed.
    """

    head: int = 32 * 1024  # bytes of the request line and all headers
    headers: int = 100
    head_seconds: float = 10.0  # from the first byte to the last of them
    body_seconds: float = 60.0
    unread_seconds: float = 30.0  # that an answer may wait to be read
    keep_alive: float = 75.0  # seconds between two requests
    connections: int = 1_000
    pipelined: int = 16  # requests that wait on one connection


class _Phase(Enum):
    """What a connection waits for."""

    IDLE = auto()  # the next request
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()  # ours


class _TooMuch(Exception):
    """A head beyond the limits; ends the parsing."""


class LimitedProtocol(HttpToolsProtocol):
    """Uvicorn's own protocol, which has none of these limits.

    When there are too many connections, the one that has waited longest for its request, or
    for the rest of one that is answered, goes: who holds them open without asking anything takes
    nothing from those who ask.
    """

    limits: Limits
    waiting: "dict[LimitedProtocol, None]"  # for a request; the longest first

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._enter(_Phase.HEAD)
        self._head = self._headers = 0
        self._too_much = False
        self._unread_since: float | None = None
        self._every = min(LOOK, self.limits.head_seconds)
        self._timer = self.loop.call_later(self._every, self._look)
        self.waiting[self] = None
        if len(self.connections) > self.limits.connections:
            next(iter(self.waiting))._close("crowded")

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self.waiting.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._phase is _Phase.HEAD and not self.transport.is_closing():
            self._head += len(data)  # no end of it so far
            if self._head > self.limits.head:
                self._too_much = True
                self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._enter(_Phase.HEAD)
        self._head = self._headers = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(self.url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._headers += len(name) + len(value)
        self._count(self._headers + len(self.url))

    def _count(self, size: int) -> None:
        if size > self.limits.head or len(self.headers) > self.limits.headers:
            self._too_much = True
            raise _TooMuch

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= self.limits.pipelined:
            raise _TooMuch
        super().on_headers_complete()
        self.waiting.pop(self, None)
        self._enter(_Phase.BODY)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle.response_complete:  # answered before its body was there
            self._idle()
        else:
            self._enter(_Phase.ANSWER)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.cycle.response_complete:
            return
        if self._phase is _Phase.ANSWER:
            self._idle()
        elif self._phase is _Phase.BODY:  # it has its answer: what is left of it may be cut off
            self.waiting[self] = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_since = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._unread_since = None

    def send_400_response(self, msg: str) -> None:
        """Told in a line; a stranger who cannot speak HTTP is no line of the log."""
        status = 431 if self._too_much else 400
        CONNECTIONS_CLOSED.labels("too large" if self._too_much else "not HTTP").inc()
        self._last_word(status)

    def _last_word(self, status: int) -> None:
        if not self.transport.is_closing():
            self.transport.write(
                STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n"
            )
            self.transport.close()

    def _enter(self, phase: _Phase) -> None:
        self._phase, self._since = phase, self.loop.time()

    def _idle(self) -> None:
        self._enter(_Phase.IDLE)
        self._head = 0
        self.waiting[self] = None

    def _look(self) -> None:
        """Closes it when it has waited too long, else looks again in time."""
        now = self.loop.time()
        if self._unread_since is not None and now - self._unread_since > self.limits.unread_seconds:
            self._close("unread")
            return
        patience = self._patience()
        left = patience - (now - self._since)
        if left > 0:
            self._timer = self.loop.call_later(min(left, self._every), self._look)
        elif self._phase is _Phase.IDLE:
            self.transport.close()
        elif self._phase is _Phase.HEAD and self._is_alone():
            CONNECTIONS_CLOSED.labels("slow").inc()
            self._last_word(408)
        else:
            self._close("slow")

    def _is_alone(self) -> bool:
        """Something of a head is there, and no answer to a request before it is on its way."""
        return self.scope is not None and (self.cycle is None or self.cycle.response_complete)

    def _patience(self) -> float:
        """Seconds in this phase. What we do not read now is not slow."""
        if self._phase is _Phase.IDLE:
            return self.limits.keep_alive
        if self._phase is _Phase.ANSWER or self.flow.read_paused:
            return float("inf")
        return self.limits.head_seconds if self._phase is _Phase.HEAD else self.limits.body_seconds

    def _close(self, why: str) -> None:
        """At once: an end in order would wait for a client that does not read."""
        CONNECTIONS_CLOSED.labels(why).inc()
        self.waiting.pop(self, None)
        self.transport.abort()


def protocol(limits: Limits) -> type[LimitedProtocol]:
    """The protocol of one listener."""
    return type("Limited", (LimitedProtocol,), {"limits": limits, "waiting": {}})
