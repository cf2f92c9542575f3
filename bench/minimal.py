"""`python -m bench.minimal PORT SERVERS TOPIC KEY`: the least that takes a call durably.

One route of FastAPI as its manual has it: compares the key, parses and checks the body by pydantic,
publishes with aiokafka (all replicas) and answers once it is there. No tenants, no sources, no
vendors, no limits, no log line, no metrics, no look at whether the number is one.
"""

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from secrets import compare_digest
from typing import Annotated

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, Header, HTTPException, Request
from pydantic import BaseModel


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
    wanted = f"Bearer {key}".encode()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=2)
        await producer.start()
        app.state.producer = producer
        yield
        await producer.stop()

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/events", status_code=202)
    async def take(
        request: Request, event: Event, authorization: Annotated[str, Header()]
    ) -> dict[str, str]:
        if not compare_digest(authorization.encode(), wanted):
            raise HTTPException(401)
        producer: AIOKafkaProducer = request.app.state.producer
        sent = await producer.send(
            topic, event.model_dump_json().encode(), key=event.data.address.encode()
        )
        await sent
        return {"id": event.id}

    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="error", access_log=False)


if __name__ == "__main__":
    main()
