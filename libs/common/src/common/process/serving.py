"""Listens for a process: the public port for everybody, the internal port for its operation.

`python -m common.process ingest.app:app` runs one service; `aftercall up` runs all in one process.
"""

import argparse
import asyncio
import resource
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from common.process import web
from common.process.broker_settings import settings_problem
from common.process.listening import CannotListen, bound
from common.process.settings import CommonSettings
from common.process.transport import Limits, protocol

LIMITS = Limits()
_PUBLIC = "choose another with --port"
_INTERNAL = "choose another with AFTERCALL_INTERNAL_PORT; each service has one of its own"
FILES = 8_192  # open at once: connections, and what we hold to database and broker


class ServingSettings(BaseSettings):
    """Where to listen. `trusted_proxies`: whose `X-Forwarded-For` is believed."""

    model_config = SettingsConfigDict(env_prefix="AFTERCALL_", frozen=True)

    internal_port: int = Field(default=8081, ge=0, le=65_535)  # 0: a free one
    trusted_proxies: str = "127.0.0.1"  # addresses and networks, with commas between


class NoApplication(Exception):
    """Nothing of that name can be served."""


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
    parser.add_argument("--port", type=_port, default=8080)
    parser.add_argument("--finish-within", type=int, default=10, help="seconds for open requests")
    told = parser.parse_args(arguments)
    with ExitStack() as sockets:
        try:
            settings = ServingSettings()
            CommonSettings()  # what every service needs, before anything begins
            app = _application(told.app)
            outside, inside = (
                sockets.enter_context(bound(told.host, port, todo=todo))
                for port, todo in ((told.port, _PUBLIC), (settings.internal_port, _INTERNAL))
            )
        except ValidationError as problem:
            sys.exit(settings_problem(problem))
        except (CannotListen, NoApplication) as problem:
            sys.exit(str(problem))
        allow_many_connections()
        public = config(
            app,
            lifespan="on",
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=told.finish_within,
        )
        uvloop.run(Server(app, public, inside).serve([outside]))


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65_535:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port is a whole number from 0 to 65535, not {text!r}")


def _application(named: str) -> FastAPI:
    """Raises `NoApplication`."""
    module, _, name = named.partition(":")
    try:
        app = getattr(import_module(module), name or "app", None)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # one that it needs
        app = None
    if not isinstance(app, FastAPI):
        raise NoApplication(f"there is no service {named}; name one such as ingest.app:app")
    return app
