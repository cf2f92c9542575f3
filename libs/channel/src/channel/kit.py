"""The kit put together: what a sender builds in its `start` and spawns."""

from dataclasses import dataclass, field
from datetime import timedelta

from channel.capacity import Capacity
from channel.carriers import Carrier
from channel.claims import Claims
from channel.measuring import Measuring
from channel.orders import Orders, Planning
from channel.reader import InboxReader, Understanding
from channel.receiver import Receiver
from channel.records import Records
from channel.schema import Schema
from channel.sweeps import CLAIM_LIFE, Sweeps
from channel.telling import Teller
from channel.worker import Worker
from common import topics
from common.events.consent import ConsentChanged
from common.events.sends import Step, StepCancelled
from common.events.values import Channel
from common.process.runtime import Runtime, Tasks
from common.streams.consumer import Consumer, RawConsumer
from common.streams.freshness import PROMPTLY, Freshness
from common.streams.outbox import Relay


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What a sender brings."""

    carrier: Carrier
    planning: Planning
    understanding: Understanding


@dataclass(slots=True)
class Kit:
    """All parts of one sender over one runtime. `name`: its package and schema (`sms_sender`)."""

    runtime: Runtime
    name: str
    channel: Channel
    ports: Ports
    claim_life: timedelta = CLAIM_LIFE
    capacity: Capacity = field(default_factory=Capacity)
    schema: Schema = field(init=False)
    teller: Teller = field(init=False)
    relay: Relay = field(init=False)
    worker: Worker = field(init=False)
    orders: Orders = field(init=False)
    reader: InboxReader = field(init=False)
    receiver: Receiver = field(init=False)
    sweeps: Sweeps = field(init=False)
    consent_known: Freshness = field(init=False)

    def __post_init__(self) -> None:
        self.schema = Schema(self.name)
        self.teller = Teller(source=f"/{self.group}", channel=self.channel)
        self.consent_known = Freshness(
            self.runtime.bus, f"{self.group}.consent", topics.CONSENT, service=self.name
        )
        self.relay = Relay(self.runtime.db, self.runtime.bus, self.name)
        self.worker = self._worker()
        self.orders = self._orders()
        self.reader = self._reader()
        self.receiver = self._receiver()
        self.sweeps = self._sweeps()

    @property
    def group(self) -> str:
        """Consumer groups begin with it."""
        return self.name.replace("_", "-")

    def spawn(self, tasks: Tasks) -> None:
        """Last started is first stopped: nothing new comes in while the rest still works."""
        tasks.spawn("measuring", Measuring(self.runtime.db, self.schema, self.runtime.clock).run())
        tasks.spawn("relay", self.relay.run())
        tasks.spawn("sweeps", self.sweeps.run())
        tasks.spawn("worker", self.worker.run())
        tasks.spawn("inbox", self.reader.run())
        tasks.spawn("steps", self._steps().run())
        tasks.spawn("consent", self._consent().run())
        tasks.spawn("freshness", self.consent_known.run())
        tasks.spawn("callbacks", self._callbacks().run())

    def _worker(self) -> Worker:
        runtime = self.runtime
        claims = Claims(
            db=runtime.db,
            schema=self.schema,
            config=runtime.config,
            teller=self.teller,
            relay=self.relay,
            clock=runtime.clock,
        )
        records = Records(
            runtime.db, self.schema, teller=self.teller, relay=self.relay, clock=runtime.clock
        )
        return Worker(
            channel=self.channel,
            claims=claims,
            records=records,
            carrier=self.ports.carrier,
            may_ask=self.consent_known.is_fresh,
            capacity=self.capacity,
        )

    def _orders(self) -> Orders:
        return Orders(
            db=self.runtime.db,
            schema=self.schema,
            config=self.runtime.config,
            teller=self.teller,
            relay=self.relay,
            planning=self.ports.planning,
            clock=self.runtime.clock,
            on_due=self.worker.wake,
        )

    def _reader(self) -> InboxReader:
        return InboxReader(
            db=self.runtime.db,
            schema=self.schema,
            config=self.runtime.config,
            teller=self.teller,
            understanding=self.ports.understanding,
            relay=self.relay,
            clock=self.runtime.clock,
            on_replies=self.worker.wake,
        )

    def _receiver(self) -> Receiver:
        return Receiver(
            db=self.runtime.db,
            bus=self.runtime.bus,
            schema=self.schema,
            clock=self.runtime.clock,
            on_stored=self.reader.wake,
        )

    def _sweeps(self) -> Sweeps:
        return Sweeps(
            db=self.runtime.db,
            schema=self.schema,
            config=self.runtime.config,
            teller=self.teller,
            relay=self.relay,
            carrier=self.ports.carrier,
            clock=self.runtime.clock,
            claim_life=self.claim_life,
        )

    def _steps(self) -> Consumer:
        return Consumer(
            self.runtime.bus,
            f"{self.group}.steps",
            {Step: self.orders.on_steps, StepCancelled: self.orders.on_cancelled},
            service=self.name,
        )

    def _consent(self) -> Consumer:
        return Consumer(
            self.runtime.bus,
            f"{self.group}.consent",
            {ConsentChanged: self.orders.on_consent},
            service=self.name,
            commit_every=PROMPTLY,
        )

    def _callbacks(self) -> RawConsumer:
        return RawConsumer(
            self.runtime.bus,
            f"{self.group}.callbacks",
            topics.CALLBACKS,
            self.receiver.on_records,
            service=self.name,
        )
