"""`aftercall up` and `aftercall demo`: the whole platform in one process."""

import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from aftercall.commands.options import DEFAULT_DATA, PORT, Json
from aftercall.errors import stop, writable
from aftercall.port import listen, taken
from aftercall.sandbox import alone
from aftercall.sandbox.keeping import SANDBOX
from aftercall.settings import settings_for
from common.process.settings import CommonSettings

Port = Annotated[
    int,
    typer.Option(min=0, max=65_535, help="Port of 127.0.0.1 to answer on; 0 takes a free one."),
]


class LogLevel(StrEnum):
    """Of the log on standard error."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def up(
    data: Annotated[Path, typer.Option(help="Where everything is kept.")] = DEFAULT_DATA,
    port: Port = PORT,
    internal_port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65_535,
            help="Port of 127.0.0.1 for metrics, OpenAPI and health; 0: a free one.",
        ),
    ] = 0,
    log_level: Annotated[
        LogLevel | None,
        typer.Option(
            help="What is logged, and what is worse: INFO, in a sandbox WARNING.",
            case_sensitive=False,
        ),
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Try it: no account, nothing leaves this machine.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run every service on this machine until Ctrl-C.

    Embedded by default: a PostgreSQL of its own in the data folder. With
    AFTERCALL_DATABASE_URL and AFTERCALL_KAFKA_BOOTSTRAP_SERVERS set, on those instead.

    --sandbox adds a carrier, WhatsApp and a phone in your browser, all simulated
    over HTTP, for the workspace "sandbox": make your own flow there, end a call,
    answer on the phone. It keeps a folder of its own, .aftercall-sandbox.

    --json prints one line once it is up: url, internal_url, key, console, sign_in,
    phone and calls.
    """
    if sandbox:
        alone.check(os.environ)
        data = SANDBOX if data == DEFAULT_DATA else data
    level = log_level or (LogLevel.WARNING if sandbox else LogLevel.INFO)
    sock = listen(port)
    inside = taken(internal_port, "choose another with --internal-port")
    with (
        importing_meanwhile("aftercall.sandbox.world" if sandbox else "aftercall.platform"),
        settings_for(data, sock.getsockname()[1], log_level=level, sandbox=sandbox) as settings,
    ):
        uvloop.run(_up(settings, sock, inside, data=data, as_json=as_json))


def demo(
    leave: Annotated[bool, typer.Option("--exit", help="End after the summary.")] = False,
    json: Annotated[Path | None, typer.Option(help="Also write the summary to this file.")] = None,
    calls: Annotated[int, typer.Option(min=10, max=100_000, help="How many calls end.")] = 200,
    seed: Annotated[int, typer.Option(help="Another seed, other calls and callers.")] = 7,
    port: Port = 0,
) -> None:
    """Watch the platform work: a PBX ends calls, callers answer by text, scores appear.

    Everything is real but the outside world: a carrier and its callers are simulated over HTTP.
    """
    sock = listen(port)
    if json is not None:
        writable(json)
    with (
        tempfile.TemporaryDirectory(prefix="aftercall-demo-") as folder,
        importing_meanwhile("aftercall.demo"),
        settings_for(
            Path(folder), sock.getsockname()[1], log_level="ERROR", sandbox=True
        ) as settings,
    ):
        from aftercall import demo as demonstration

        options = demonstration.DemoOptions(calls=calls, seed=seed, json=json, leave=leave)
        status = demonstration.run(options, sock, data=Path(folder), settings=settings)
    raise typer.Exit(status)


@contextmanager
def importing_meanwhile(module: str) -> Iterator[None]:
    """The services take seconds to import: as long as PostgreSQL takes to start beside that."""
    thread = threading.Thread(target=import_module, args=(module,), daemon=True)
    thread.start()
    yield
    thread.join()


async def _up(
    settings: CommonSettings,
    sock: socket.socket,
    inside: socket.socket,
    *,
    data: Path,
    as_json: bool,
) -> None:
    from aftercall.keys import first_key
    from aftercall.platform import platform
    from aftercall.sandbox import world
    from aftercall.users import sign_in
    from aftercall.welcome import Welcome

    async with AsyncExitStack() as stack:
        around = (
            await stack.enter_async_context(world.outside(settings.public_url, data))
            if settings.sandbox
            else None
        )
        running = await stack.enter_async_context(platform(settings, sock, inside=inside))
        key = await first_key(running.runtime.db)
        beside: dict[str, str] = {}
        if around is not None:
            beside = await stack.enter_async_context(world.phone_of(around, running, data))
        welcome = Welcome(
            url=running.url,
            internal_url=running.internal_url,
            key=key,
            console=f"{running.url}/console",
            sign_in=await sign_in(running),
            **beside,
        )
        for line in [welcome.as_json()] if as_json else welcome.lines():
            typer.echo(line)
        await running.stopped.wait()
        typer.echo("stopping ...", err=as_json)
        failed = running.failed()
    if failed:
        stop("a part of the platform ended by itself; the log says why")
