"""Listens for a process: the public port for everybody, the internal port for its operation.

`python -m common.process ingest.app:app` runs one service; `aftercall up` runs all in one process.
"""

import argparse
import asyncio
import resource
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.process import web
from common.process.broker_settings import settings_problem
from common.process.settings import CommonSettings
from common.process.transport import Limits, protocol

LIMITS = Limits()
FILES = 8_192  # open at once: connections, and what we hold to database and broker


class ServingSettings(BaseSettings):
    """Where to listen. `trusted_proxies`: whose `X-Forwarded-For` is believed."""

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_", frozen=True)

    internal_port: int = Field(default=8081, ge=0, le=65_535)  # 0: a free one
    trusted_proxies: str = "127.0.0.1"  # addresses and networks, with commas between


class Server(uvicorn.Server):
    """The public listener of an application, and beside it the internal one.

    The internal one answers first and leaves last, so that it can say that the other does not yet.
    `signals` False: they belong to the process that we are a guest in.
    """

    def __init__(
        self, app: FastAPI, public: uvicorn.Config, inside: socket.socket, *, signals: bool = True
    ) -> None:
        super().__init__(public)
        self._app = app
        self._inside = inside
        self._signals = signals
        self.is_listening = asyncio.Event()
        self._internal = uvicorn.Server(config(web.internal(app), lifespan="off"))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.listening = False
        await _begin(self._internal, [self._inside])
        await super().startup(sockets)
        self._app.state.listening = self.started
        self.is_listening.set()

    async def on_tick(self, counter: int) -> bool:
        await self._internal.on_tick(counter)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        await self._internal.shutdown([self._inside])

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if not self._signals:
            yield
            return
        with super().capture_signals():
            yield


async def _begin(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup(sockets)


def config(app: Any, *, limits: Limits = LIMITS, **more: Any) -> uvicorn.Config:
    """Uvicorn's configuration of every listener of ours."""
    return uvicorn.Config(
        app,
        http=protocol(limits),
        ws="none",
        loop="uvloop",
        log_config=None,
        log_level="error",  # what strangers do wrong is counted, not told line by line
        access_log=False,  # paths may hold secrets
        server_header=False,
        timeout_keep_alive=round(limits.keep_alive),
        **more,
    )


def bound(host: str, port: int) -> socket.socket:
    """Not listening yet. Raises `OSError`."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def allow_many_connections() -> None:
    """As many open files as we may have; 1,024 are allowed by default on many systems."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m common.process", description=__doc__)
    parser.add_argument("app", help="such as ingest.app:app")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--finish-within", type=int, default=10, help="seconds for open requests")
    told = parser.parse_args(arguments)
    module, _, name = told.app.partition(":")
    try:
        settings = ServingSettings()
        CommonSettings()  # what every service needs, before anything begins
        app = getattr(import_module(module), name)
    except ValidationError as problem:
        sys.exit(settings_problem(problem))
    allow_many_connections()
    public = config(
        app,
        host=told.host,
        port=told.port,
        lifespan="on",
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=told.finish_within,
    )
    server = Server(app, public, bound(told.host, settings.internal_port))
    uvloop.run(server.serve())
