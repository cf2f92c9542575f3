"""The composition root: consumers, dispatcher, relay and endpoints of the orchestrator."""

import gc
from typing import Any

from common.config import ConfigReader
from common.events.calls import Interaction, InteractionAmended
from common.events.consent import ConsentChanged
from common.events.responses import Response
from common.events.sends import Delivery
from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from common.streams.consumer import LINGER, Consumer, Handler
from common.streams.freshness import PROMPTLY, Freshness
from common.streams.outbox import Relay
from common.topics import CONSENT
from orchestrator.domain.heard import heard
from orchestrator.endpoints import configuration, consent, decisions, keys
from orchestrator.service.amending import Amending
from orchestrator.service.configuring import Configuring
from orchestrator.service.consent import Consent
from orchestrator.service.deciding import Deciding
from orchestrator.service.dispatching import Dispatching
from orchestrator.service.outcomes import Outcomes
from orchestrator.service.parts import Parts
from orchestrator.service.plans import Plans
from orchestrator.settings import OrchestratorSettings

NAME = "orchestrator"
# A batch makes some 100,000 objects that live until it is published; looking for cycles among them
# every 700 allocations costs a tenth of the time.
GC_THRESHOLD = 50_000
OUTCOME_LINGER = 0.1  # seconds; no ask waits for a receipt or an answer


async def start(runtime: Runtime, tasks: Tasks) -> Parts:
    """Spawns what runs beside HTTP."""
    settings = OrchestratorSettings()
    gc.set_threshold(GC_THRESHOLD, *gc.get_threshold()[1:])
    db, bus = runtime.db, runtime.bus
    relay = Relay(db, bus, NAME)
    told = Consent(db, runtime.clock, relay.wake)
    of_consent = f"{NAME}.consent"
    hearing = Consumer(
        bus, of_consent, {ConsentChanged: told.on_changes}, service=NAME, commit_every=PROMPTLY
    )
    consent_known = Freshness(bus, of_consent, CONSENT, service=NAME)
    plans = Plans(ConfigReader(db))
    deciding = Deciding(db=db, bus=bus, plans=plans, may_ask=consent_known.is_fresh)
    dispatching = Dispatching(db=db, bus=bus, plans=plans, may_ask=consent_known.is_fresh)
    outcomes = Outcomes(db, runtime.clock, relay.wake)
    handlers: dict[str, dict[type[Any], Handler]] = {
        NAME: {
            Interaction: deciding.on_interactions,
            InteractionAmended: Amending(db, bus).on_amended,
        },
        f"{NAME}.deliveries": {Delivery: outcomes.on_deliveries},
        f"{NAME}.responses": {Response: outcomes.on_responses},
    }
    tasks.spawn("consent", hearing.run())
    tasks.spawn("freshness", consent_known.run())
    for group, of_group in handlers.items():
        consumer = Consumer(
            bus,
            group,
            of_group,
            service=NAME,
            max_records=settings.batch,
            # What is decided before that is known goes the long way, by the dispatcher.
            after=consent_known.looked if group == NAME else None,
            readers={Interaction: heard},
            linger=LINGER if group == NAME else OUTCOME_LINGER,
        )
        tasks.spawn(group, consumer.run())
    tasks.spawn("relay", relay.run())
    tasks.spawn("dispatcher", dispatching.run())
    return Parts(
        db=db,
        consent=told,
        configuring=Configuring(db, settings.vendors, runtime.clock, relay.wake),
        pepper=runtime.pepper,
        clock=runtime.clock,
    )


service = Service(
    NAME,
    [configuration.router, consent.router, decisions.router, keys.router],
    start,
    migrations=["orchestrator"],
)
app = serve(service)
