"""Whether a process is worth keeping, whether it can serve, and what it measures."""

import prometheus_client
from fastapi import APIRouter, Request, Response

from common.process.runtime import Runtime

health = APIRouter()


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
    """Database and bus answer, so that requests can be served."""
    runtime: Runtime = request.app.state.runtime
    try:
        await runtime.db.ready()
        await runtime.bus.ready()
    except Exception as error:
        return Response(f"{type(error).__name__}: {error}\n", 503)
    return Response("ok\n")


@health.get("/metrics", include_in_schema=False)
async def read_metrics() -> Response:
    return Response(
        prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST
    )
