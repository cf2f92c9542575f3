"""Puts ingest together: HTTP, the intake topics, and the timer of calls reported in parts."""

import asyncio
from contextlib import suppress

from common.errors import Retry
from common.events.consent import ContactErased
from common.process.runtime import Needs, Runtime, Service, Tasks
from common.process.service import serve
from common.streams.consumer import Consumer, RawConsumer
from common.streams.dead_letters import DeadLetterWriter
from common.streams.outbox import Relay
from common.telemetry import logging
from common.topics import INTAKE_PREFIX
from ingest.endpoints import calls, events, privacy
from ingest.service import CallJoining, Erasing, Housekeeping, Intake, Sources, UnusableBodies
from ingest.service.promptly import Promptly
from ingest.service.secrets import Secrets
from ingest.service.tally import Tally

log = logging.get(__name__)
PAUSE = 0.5  # seconds between two looks at what is due or new
FORGET_EVERY = 3600.0  # seconds
TALLY_EVERY = 5.0  # seconds


async def start(runtime: Runtime, tasks: Tasks) -> Intake:
    relay = Relay(runtime.db, runtime.bus, "ingest")
    joining = CallJoining(runtime.db, relay)
    erasing = Erasing(runtime.db, runtime.bus, runtime.clock)
    promptly = Promptly(bus=runtime.bus)
    intake = Intake(
        db=runtime.db,
        bus=runtime.bus,
        promptly=promptly,
        relay=relay,
        config=runtime.config,
        sources=Sources(
            config=runtime.config,
            pepper=runtime.pepper,
            secrets=Secrets(runtime.secrets),
            clock=runtime.clock,
        ),
        joining=joining,
        erasing=erasing,
        unusable=UnusableBodies(DeadLetterWriter(runtime.bus, "ingest", clock=runtime.clock)),
        tally=Tally(runtime.db, runtime.clock),
        pepper=runtime.pepper,
        clock=runtime.clock,
    )
    housekeeping = Housekeeping(runtime.db, runtime.bus, runtime.config, runtime.clock)
    # Before subscribing: topics that are found later wait.
    made = await _make_topics(housekeeping, frozenset())
    consumer = RawConsumer(
        runtime.bus,
        "ingest",
        INTAKE_PREFIX,
        intake.take_records,
        service="ingest",
        clock=runtime.clock,
    )
    erased = Consumer(
        runtime.bus,
        "ingest.consent",
        {ContactErased: erasing.on_erased},
        service="ingest",
        clock=runtime.clock,
    )
    tasks.consume("erasing", erased)
    tasks.spawn("topics", _keep_making_topics(housekeeping, made))
    tasks.consume("intake", consumer)
    tasks.spawn("relay", relay.run())
    tasks.spawn("closing", _close_calls(joining))
    tasks.spawn("forgetting", _forget(housekeeping))
    tasks.spawn("tallying", _write_tallies(intake.tally))
    return intake


async def _make_topics(housekeeping: Housekeeping, made: frozenset[str]) -> frozenset[str]:
    try:
        return await housekeeping.make_topics(made)
    except Retry as error:
        log.warning("topics_wait", reason=error.reason)
        return made


async def _keep_making_topics(housekeeping: Housekeeping, made: frozenset[str]) -> None:
    """A source that was just applied has its topic within a second."""
    while True:
        await asyncio.sleep(PAUSE)
        made = await _make_topics(housekeeping, made)


async def _close_calls(joining: CallJoining) -> None:
    """Closes calls when they are due."""
    while True:
        try:
            while await joining.close_due():
                pass
        except Retry as error:
            log.warning("closing_waits", reason=error.reason)
        await asyncio.sleep(PAUSE)


async def _write_tallies(tally: Tally) -> None:
    try:
        while True:
            await asyncio.sleep(TALLY_EVERY)
            with suppress(Retry):  # counted on, and written when the database is back
                await tally.write()
    finally:
        with suppress(Retry):
            await tally.write()


async def _forget(housekeeping: Housekeeping) -> None:
    """Forgets now and then what is too old; sooner when the database was away."""
    while True:
        try:
            await housekeeping.forget()
            pause = FORGET_EVERY
        except Retry as error:
            log.warning("forgetting_waits", reason=error.reason)
            pause = error.after
        await asyncio.sleep(pause)


service = Service(
    "ingest",
    [events.router, calls.router, privacy.router],
    start,
    migrations=["ingest"],
    needs=Needs.BROKER,
)
app = serve(service)
