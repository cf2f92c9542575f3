"""The composition root: consumers, dispatcher, relay and endpoints of the orchestrator."""

from typing import Any

from common.config import ConfigReader
from common.events.calls import Interaction, InteractionAmended
from common.events.consent import ConsentChanged
from common.events.responses import Response
from common.events.sends import Delivery
from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from common.streams.consumer import Consumer, Handler
from common.streams.outbox import Relay
from orchestrator.domain.interaction_view import view_of
from orchestrator.domain.recheck import may_ask
from orchestrator.endpoints import configuration, consent, decisions, keys
from orchestrator.service.configuration.configuring import Configuring
from orchestrator.service.configuration.keys import Keys
from orchestrator.service.configuration.reading import Documents
from orchestrator.service.consent.consent import Consent
from orchestrator.service.consent.reading import Contacts
from orchestrator.service.current_config import CurrentConfig
from orchestrator.service.deciding.amending import Amending
from orchestrator.service.deciding.deciding import Deciding
from orchestrator.service.deciding.reading import Decisions
from orchestrator.service.parts import Parts
from orchestrator.service.schedule.dispatching import Dispatching
from orchestrator.service.schedule.outcomes import Outcomes
from orchestrator.service.schedule.overdue import Overdue
from orchestrator.settings import OrchestratorSettings

NAME = "orchestrator"


async def start(runtime: Runtime, tasks: Tasks) -> Parts:
    """Spawns what runs beside HTTP."""
    settings = OrchestratorSettings()
    db, bus = runtime.db, runtime.bus
    relay = Relay(db, bus, NAME)
    consenting = Consent(db, runtime.clock, relay.wake)
    consent_changes = Consumer(
        bus, f"{NAME}.consent", {ConsentChanged: consenting.on_changes}, service=NAME
    )

    def asking_is_safe() -> bool:
        return may_ask(consent_changes.seconds_behind)

    config = CurrentConfig(ConfigReader(db))
    deciding = Deciding(db=db, bus=bus, config=config, may_ask=asking_is_safe)
    outcomes = Outcomes(db, runtime.clock, relay.wake)
    handlers: dict[str, dict[type[Any], Handler]] = {
        NAME: {
            Interaction: deciding.on_interactions,
            InteractionAmended: Amending(db, bus).on_amended,
        },
        f"{NAME}.deliveries": {Delivery: outcomes.on_deliveries},
        f"{NAME}.responses": {Response: outcomes.on_responses},
    }
    tasks.spawn("consent", consent_changes.run())
    consumers: dict[str, Consumer] = {}
    for group, of_group in handlers.items():
        consumers[group] = Consumer(
            bus,
            group,
            of_group,
            service=NAME,
            max_records=settings.batch,
            # What is decided before consent is heard goes the long way, by the dispatcher.
            after=consent_changes if group == NAME else None,
            readers={Interaction: view_of},
        )
        tasks.spawn(group, consumers[group].run())
    reports = consumers[f"{NAME}.deliveries"]
    tasks.spawn("relay", relay.run())
    dispatching = Dispatching(
        db=db, bus=bus, config=config, may_ask=asking_is_safe, committed=relay.wake
    )
    tasks.spawn("dispatcher", dispatching.run())
    overdue = Overdue(
        db=db,
        config=config,
        has_heard=lambda: may_ask(reports.seconds_behind),
        committed=relay.wake,
    )
    tasks.spawn("overdue", overdue.run())
    return Parts(
        decisions=Decisions(db),
        contacts=Contacts(db),
        consent=consenting,
        documents=Documents(db),
        configuring=Configuring(db, settings.vendors, runtime.clock, relay.wake),
        keys=Keys(db),
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
