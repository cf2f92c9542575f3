"""The channel sender: the kit put together over the providers and the renderer of one channel."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from channel.account_secrets import AccountSecrets
from channel.incoming.callbacks import Callbacks
from channel.incoming.reader import InboxReader
from channel.incoming.receiver import Receiver
from channel.linking import Linking
from channel.operation.clicks import Clicks
from channel.operation.listing import Listing
from channel.operation.measuring import Measuring
from channel.operation.opting_out import OptOuts
from channel.operation.preview import Preview, States
from channel.operation.retaining import retaining
from channel.operation.usage import Usage
from channel.outgoing.capacity import Capacity
from channel.outgoing.carriers import Carrier
from channel.outgoing.claims import Claims
from channel.outgoing.erasing import Erasing
from channel.outgoing.fitting import Fitting
from channel.outgoing.intake import StepIntake, as_it_is
from channel.outgoing.notes import NoteIntake
from channel.outgoing.recording import Recording
from channel.outgoing.sweeps import CLAIM_LIFE, Sweeps
from channel.outgoing.worker import Worker
from channel.providers import Providers
from channel.rendering import Closing, Renderer
from channel.rendering import as_it_is as closed_as_it_is
from channel.store.leaving import Leaving
from channel.store.outgoing_events import OutgoingEvents
from channel.store.placed import Ceiling
from channel.store.schema import Schema
from common import topics
from common.events.consent import ConsentChanged, ContactErased
from common.events.sends import Note, Step, StepCancelled
from common.events.values import Channel
from common.process.runtime import Runtime, Tasks
from common.process.web import BODY_LIMIT
from common.streams.consumer import Consumer, RawConsumer
from common.streams.freshness import PROMPTLY, Freshness
from common.streams.outbox import Relay


def _nothing(workspace: str, account: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class ChannelSender:
    """All parts of one sender over one runtime. `name`: its package and schema (`sms_sender`).

    A channel makes a class of its own of it, by which its endpoints find it.
    """

    runtime: Runtime
    name: str
    channel: Channel
    providers: Providers
    renderer: Renderer
    claim_life: timedelta = CLAIM_LIFE
    fitting: Fitting | None = None
    ceiling: Ceiling | None = None  # asks of a day; None: as many as are planned
    keeps_windows: bool = False  # words are free only for some time after the person wrote
    on_account: Callable[[str, str], None] = _nothing  # of this workspace, this account changed
    longest_callback: int = BODY_LIMIT  # bytes of a provider's request
    suited: Callable[[Step], Step] = as_it_is  # what of a step this channel can ask
    closing: Closing = closed_as_it_is
    template_states: States | None = None
    capacity: Capacity = field(default_factory=Capacity)
    secrets: AccountSecrets = field(init=False)
    schema: Schema = field(init=False)
    leaving: Leaving = field(init=False)
    events: OutgoingEvents = field(init=False)
    relay: Relay = field(init=False)
    carrier: Carrier = field(init=False)
    worker: Worker = field(init=False)
    intake: StepIntake = field(init=False)
    notes: NoteIntake = field(init=False)
    reader: InboxReader = field(init=False)
    receiver: Receiver = field(init=False)
    callbacks: Callbacks = field(init=False)
    sweeps: Sweeps = field(init=False)
    erasing: Erasing = field(init=False)
    listing: Listing = field(init=False)
    usage: Usage = field(init=False)
    clicks: Clicks = field(init=False)
    opt_outs: OptOuts = field(init=False)
    preview: Preview = field(init=False)
    consent_known: Freshness = field(init=False)

    def __post_init__(self) -> None:
        db, clock = self.runtime.db, self.runtime.clock
        self.schema = Schema(self.name)
        self.leaving = Leaving(self.runtime.db, self.schema)
        self.secrets = AccountSecrets(self.runtime.secrets, self.runtime.settings.outside)
        self.events = OutgoingEvents(source=f"/{self.group}", channel=self.channel)
        self.consent_known = Freshness(
            self.runtime.bus,
            {topics.CONSENT: f"{self.group}.consent", topics.CALLBACKS: f"{self.group}.callbacks"},
            service=self.name,
            empty=[topics.CALLBACKS],  # any of them may be a STOP
        )
        self.relay = Relay(self.runtime.db, self.runtime.bus, self.name)
        self.carrier = self._carrier()
        self.worker = self._worker()
        self.intake = self._intake()
        self.notes = self._notes()
        self.reader = self._reader()
        self.receiver = self._receiver()
        self.callbacks = self._callbacks()
        self.sweeps = self._sweeps()
        self.erasing = Erasing(
            *(self.runtime.db, self.schema, self.events, self.relay, self.runtime.clock),
            service=self.group,
        )
        self.listing = Listing(self.runtime.db, self.schema)
        self.usage = Usage(db, self.schema, self.runtime.config, clock, self.ceiling)
        self.preview = Preview(
            config=self.runtime.config,
            channel=self.channel,
            renderer=self.renderer,
            suited=self.suited,
            base=self.linking.base,
            clock=self.runtime.clock,
            states=self.template_states,
        )
        self.clicks = Clicks(db, self.schema, self.runtime.config, clock)
        self.opt_outs = OptOuts(db, self.schema, self.events, self.relay, self.leaving, clock)

    @property
    def group(self) -> str:
        """Consumer groups begin with it."""
        return self.name.replace("_", "-")

    @property
    def public_url(self) -> str:
        return self.runtime.settings.public_url.rstrip("/")

    @property
    def linking(self) -> Linking:
        return Linking(f"{self.public_url}/l/{self.channel.value}", self.runtime.pepper)

    def spawn(self, tasks: Tasks) -> None:
        """Last started is first stopped: nothing new comes in while the rest still works."""
        tasks.spawn("measuring", Measuring(self.runtime.db, self.schema, self.runtime.clock).run())
        tasks.spawn("relay", self.relay.run())
        tasks.spawn("sweeps", self.sweeps.run())
        tasks.spawn("erasing", self.erasing.run())
        tasks.spawn("retaining", retaining(self.runtime, self.schema).run())
        tasks.spawn("worker", self.worker.run())
        tasks.spawn("inbox", self.reader.run())
        tasks.consume("steps", self._steps())
        tasks.consume("consent", self._consent())
        tasks.spawn("freshness", self.consent_known.run())
        tasks.consume("callbacks", self._logged_callbacks())

    def _carrier(self) -> Carrier:
        return Carrier(
            callbacks=f"{self.public_url}/v1/{self.channel.value}/callbacks",
            providers=self.providers,
            secrets=self.secrets,
            clock=self.runtime.clock,
        )

    def _worker(self) -> Worker:
        runtime = self.runtime
        claims = Claims(
            db=runtime.db,
            schema=self.schema,
            config=runtime.config,
            events=self.events,
            relay=self.relay,
            clock=runtime.clock,
            channel=self.channel,
            fitting=self.fitting,
            ceiling=self.ceiling,
        )
        recording = Recording(
            runtime.db, self.schema, events=self.events, relay=self.relay, clock=runtime.clock
        )
        return Worker(
            channel=self.channel,
            claims=claims,
            recording=recording,
            leaving=self.leaving,
            carrier=self.carrier,
            may_ask=self.consent_known.is_fresh,
            capacity=self.capacity,
        )

    def _intake(self) -> StepIntake:
        return StepIntake(
            db=self.runtime.db,
            schema=self.schema,
            config=self.runtime.config,
            events=self.events,
            relay=self.relay,
            renderer=self.renderer,
            linking=self.linking,
            suited=self.suited,
            clock=self.runtime.clock,
            on_due=self.worker.wake,
        )

    def _notes(self) -> NoteIntake:
        return NoteIntake(
            db=self.runtime.db,
            schema=self.schema,
            config=self.runtime.config,
            renderer=self.renderer,
            linking=self.linking,
            clock=self.runtime.clock,
            on_due=self.worker.wake,
        )

    def _reader(self) -> InboxReader:
        return InboxReader(
            db=self.runtime.db,
            schema=self.schema,
            config=self.runtime.config,
            events=self.events,
            providers=self.providers,
            renderer=self.renderer,
            linking=self.linking,
            relay=self.relay,
            clock=self.runtime.clock,
            on_follow_ups=self.worker.wake,
            closing=self.closing,
            keeps_windows=self.keeps_windows,
        )

    def _receiver(self) -> Receiver:
        return Receiver(
            db=self.runtime.db,
            bus=self.runtime.bus,
            schema=self.schema,
            reader=self.reader,
            leaving=self.leaving,
            clock=self.runtime.clock,
            on_stored=self.reader.wake,
        )

    def _callbacks(self) -> Callbacks:
        return Callbacks(
            channel=self.channel,
            config=self.runtime.config,
            receiver=self.receiver,
            providers=self.providers,
            secrets=self.secrets,
            pepper=self.runtime.pepper,
            clock=self.runtime.clock,
            on_account=self.on_account,
        )

    def _sweeps(self) -> Sweeps:
        return Sweeps(
            db=self.runtime.db,
            schema=self.schema,
            config=self.runtime.config,
            events=self.events,
            relay=self.relay,
            carrier=self.carrier,
            clock=self.runtime.clock,
            claim_life=self.claim_life,
        )

    def _steps(self) -> Consumer:
        return Consumer(
            self.runtime.bus,
            f"{self.group}.steps",
            {
                Step: self.intake.on_steps,
                StepCancelled: self.intake.on_cancelled,
                Note: self.notes.on_notes,
            },
            service=self.name,
            only=[topics.steps(self.channel.value)],
        )

    def _consent(self) -> Consumer:
        return Consumer(
            self.runtime.bus,
            f"{self.group}.consent",
            {ConsentChanged: self.intake.on_consent, ContactErased: self.erasing.on_erased},
            service=self.name,
            commit_every=PROMPTLY,
        )

    def _logged_callbacks(self) -> RawConsumer:
        return RawConsumer(
            self.runtime.bus,
            f"{self.group}.callbacks",
            topics.CALLBACKS,
            self.receiver.on_records,
            service=self.name,
        )
