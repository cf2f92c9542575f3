"""Whether a process is worth keeping, whether it can serve, and what it measures."""

import asyncio
from collections.abc import Awaitable, Callable

import prometheus_client
from fastapi import APIRouter, Request, Response

from common.process.runtime import Needs, Runtime

health = APIRouter()
_DEADLINE = 3.0  # seconds; what asks us waits five


@health.get("/livez", include_in_schema=False)
async def livez(request: Request) -> Response:
    """The process is worth keeping: none of its background tasks has ended, no consumer hangs."""
    every = request.app.state.tasks
    if any(tasks.failed for tasks in every):
        return Response("a task ended\n", 500)
    if hanging := [name for tasks in every for name in tasks.hanging]:
        return Response(f"hangs: {', '.join(hanging)}\n", 500)
    return Response("ok\n")


@health.get("/readyz", include_in_schema=False)
async def readyz(request: Request) -> Response:
    """What each service's own requests stand on answers, so that they can be served.

    A database that is away takes nobody out of rotation who can take callbacks or calls without.
    """
    state = request.app.state
    if len(state.parts) < len(state.services):
        return Response("starting\n", 503)
    wanted = {service.needs for service in state.services}
    faults = await _faults(state.runtime, wanted)
    for needs in wanted:
        if all(faults[name] for name in _STANDS_ON[needs]):
            why = "; ".join(faults[name] for name in _STANDS_ON[needs])
            return Response(f"{needs.value}: {why}\n", 503)
    return Response("ok\n")


_STANDS_ON = {
    Needs.DATABASE: ("database",),
    Needs.BROKER: ("broker",),
    Needs.EITHER: ("database", "broker"),
}


async def _faults(runtime: Runtime, wanted: set[Needs]) -> dict[str, str]:
    """What each does not answer with; empty when it answers."""
    asked = {name for needs in wanted for name in _STANDS_ON[needs]}
    ready = {"database": runtime.db.ready, "broker": runtime.bus.ready}
    found = await asyncio.gather(*(_fault(ready[name]) for name in asked))
    return dict(zip(asked, found, strict=True))


async def _fault(ready: Callable[[], Awaitable[None]]) -> str:
    try:
        async with asyncio.timeout(_DEADLINE):
            await ready()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


@health.get("/metrics", include_in_schema=False)
async def read_metrics() -> Response:
    return Response(
        prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST
    )
