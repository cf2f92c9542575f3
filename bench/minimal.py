"""`python -m bench.minimal PORT SERVERS TOPIC KEY`: the least that takes a call durably.

One route of Starlette: compares the key, parses the body, checks it by pydantic, publishes with
aiokafka (all replicas) and answers once it is there. No tenants, no sources, no vendors, no limits,
no log line, no metrics, no second look at the number.
"""

import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import uvicorn
from aiokafka import AIOKafkaProducer
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Call(BaseModel):
    id: str
    kind: str
    ending: str
    address: str
    ended_at: datetime
    direction: str | None = None
    our_number: str | None = None
    queue: str | None = None
    talk_seconds: float | None = None


class Event(BaseModel):
    specversion: str
    id: str
    source: str
    type: str
    data: Call


def main() -> None:
    port, servers, topic, key = sys.argv[1:]
    logging.basicConfig(level=logging.ERROR)
    wanted = f"Bearer {key}"

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=2)
        await producer.start()
        app.state.producer = producer
        yield
        await producer.stop()

    async def take(request: Request) -> Response:
        if request.headers.get("authorization") != wanted:
            return Response(status_code=401)
        try:
            event = Event.model_validate_json(await request.body())
        except ValidationError as error:
            return Response(error.json(), 422, media_type="application/json")
        producer: AIOKafkaProducer = request.app.state.producer
        sent = await producer.send(
            topic, event.model_dump_json().encode(), key=event.data.address.encode()
        )
        await sent
        return Response(json.dumps({"id": event.id}), 202, media_type="application/json")

    app = Starlette(routes=[Route("/v1/events", take, methods=["POST"])], lifespan=lifespan)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


if __name__ == "__main__":
    main()
