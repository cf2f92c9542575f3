"""The composition root: consumers, dispatcher, relay and endpoints of the orchestrator."""

from collections.abc import Awaitable, Callable
from typing import Any

from common.config import ConfigReader
from common.events.calls import Interaction, InteractionAmended
from common.events.consent import ConsentChanged, ErasureDone
from common.events.responses import Response
from common.events.sends import Delivery
from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from common.streams.consumer import Consumer, Handler
from common.streams.freshness import PROMPTLY, Freshness
from common.streams.outbox import Relay
from common.topics import CONSENT, DELIVERIES
from orchestrator.domain.configuring.legal_notice import Notice
from orchestrator.domain.configuring.rights import Ceilings
from orchestrator.domain.interaction_view import view_of
from orchestrator.endpoints import (
    audiences,
    configuration,
    consent,
    decisions,
    document,
    doubts,
    drafts,
    dry_run,
    keys,
    legal_notice,
    linking,
    lists,
    privacy,
    secrets,
)
from orchestrator.service.audiences.bringing import Audiences
from orchestrator.service.audiences.taking import Taking
from orchestrator.service.configuration.applying import Applying
from orchestrator.service.configuration.configuring import Configuring
from orchestrator.service.configuration.drafts import Drafts
from orchestrator.service.configuration.keys import Keys
from orchestrator.service.configuration.notices import Notices
from orchestrator.service.configuration.reading import Documents
from orchestrator.service.configuration.secrets import WorkspaceSecrets
from orchestrator.service.consent.consent import Consent
from orchestrator.service.consent.do_not_contact import DoNotContact
from orchestrator.service.consent.doubts import Doubts
from orchestrator.service.consent.linking import Linking
from orchestrator.service.consent.reading import Contacts
from orchestrator.service.current_config import CurrentConfig
from orchestrator.service.deciding.amending import Amending
from orchestrator.service.deciding.deciding import Deciding
from orchestrator.service.deciding.reading import Decisions
from orchestrator.service.dry_run.playing import Playing
from orchestrator.service.dry_run.requests import DryRuns
from orchestrator.service.erasing.deleting import Deleting
from orchestrator.service.erasing.erasures import Erasures
from orchestrator.service.holding import beside, of_amendment, of_event, of_interaction
from orchestrator.service.parts import Parts
from orchestrator.service.retaining.decisions import retaining
from orchestrator.service.schedule.conversion import Conversion
from orchestrator.service.schedule.dispatching import Dispatching
from orchestrator.service.schedule.outcomes import Outcomes
from orchestrator.service.schedule.overdue import Overdue
from orchestrator.service.schedule.stopping import Stopping
from orchestrator.settings import OrchestratorSettings

NAME = "orchestrator"
OUTCOME_LINGER = 0.25  # seconds; no ask waits for a receipt or an answer


async def start(runtime: Runtime, tasks: Tasks) -> Parts:
    """Spawns what runs beside HTTP."""
    db, bus = runtime.db, runtime.bus
    relay = Relay(db, bus, NAME)
    consenting = Consent(db, ConfigReader(db), runtime.clock, relay.wake)
    config = CurrentConfig(ConfigReader(db), _ceilings())
    consent_known = Freshness(bus, {CONSENT: f"{NAME}.consent"}, service=NAME)
    reports_known = Freshness(bus, {DELIVERIES: f"{NAME}.deliveries"}, service=NAME, asking=False)
    may_ask = consent_known.is_fresh
    dispatching = Dispatching(db=db, bus=bus, config=config, may_ask=may_ask, committed=relay.wake)
    overdue = Overdue(db=db, config=config, has_heard=reports_known.is_fresh, committed=relay.wake)
    stopping = Stopping(db=db, clock=runtime.clock, committed=relay.wake)
    deciding = Deciding(db=db, bus=bus, config=config, may_ask=may_ask)
    amending = Amending(db, bus, runtime.clock, relay.wake)
    deleting = Deleting(db=db, clock=runtime.clock, committed=relay.wake)
    erasures = Erasures(db=db, committed=deleting.wake)
    for consumer in (
        _consent(runtime, consenting),
        # What is decided before consent is known goes the long way, by the dispatcher.
        _interactions(runtime, deciding, amending, after=consent_known.looked),
        *_outcomes(runtime, config, relay),
        _erasures(runtime, erasures),
    ):
        tasks.consume(consumer.group, consumer)
    tasks.spawn("consent_known", consent_known.run())
    tasks.spawn("reports_known", reports_known.run())
    tasks.spawn("relay", relay.run())
    tasks.spawn("dispatcher", dispatching.run())
    tasks.spawn("overdue", overdue.run())
    tasks.spawn("amending", amending.run())
    tasks.spawn("stopping", stopping.run())
    tasks.spawn("erasing", deleting.run())
    playing = Playing(db=db, ceilings=_ceilings(), clock=runtime.clock)
    tasks.spawn("dry_runs", playing.run())
    tasks.spawn("retaining", retaining(db, runtime.config, runtime.clock).run())
    conversion = Conversion(db=db, config=config, clock=runtime.clock)
    tasks.spawn("conversion", conversion.run())
    taking = Taking(db=db, deciding=deciding, clock=runtime.clock)
    tasks.spawn("audiences", taking.run())
    return _parts(
        runtime,
        consenting,
        stopping,
        erasures=erasures,
        asked=playing.wake,
        changed=taking.wake,
    )


def _consent(runtime: Runtime, consenting: Consent) -> Consumer:
    return Consumer(
        runtime.bus,
        f"{NAME}.consent",
        {ConsentChanged: beside(runtime.db, consenting.on_changes, of_event)},
        service=NAME,
        commit_every=PROMPTLY,
    )


def _interactions(
    runtime: Runtime,
    deciding: Deciding,
    amending: Amending,
    *,
    after: Callable[[], Awaitable[None]],
) -> Consumer:
    return Consumer(
        runtime.bus,
        NAME,
        {
            Interaction: beside(runtime.db, deciding.on_interactions, of_interaction),
            InteractionAmended: beside(runtime.db, amending.on_amended, of_amendment),
        },
        service=NAME,
        max_records=OrchestratorSettings().batch,
        after=after,
        readers={Interaction: view_of},
    )


def _outcomes(runtime: Runtime, config: CurrentConfig, relay: Relay) -> list[Consumer]:
    outcomes = Outcomes(runtime.db, config, runtime.clock, relay.wake)
    handlers: dict[str, dict[type[Any], Handler]] = {
        f"{NAME}.deliveries": {Delivery: outcomes.on_deliveries},
        f"{NAME}.responses": {Response: outcomes.on_responses},
    }
    return [
        Consumer(
            runtime.bus,
            group,
            {fact: beside(runtime.db, one, of_event) for fact, one in of_group.items()},
            service=NAME,
            linger=OUTCOME_LINGER,
        )
        for group, of_group in handlers.items()
    ]


def _erasures(runtime: Runtime, erasures: Erasures) -> Consumer:
    return Consumer(runtime.bus, f"{NAME}.erasures", {ErasureDone: erasures.on_done}, service=NAME)


def _parts(
    runtime: Runtime,
    consenting: Consent,
    stopping: Stopping,
    *,
    erasures: Erasures,
    asked: Callable[[], None],
    changed: Callable[[], None],
) -> Parts:
    db = runtime.db
    applying = Applying(
        db,
        stopping,
        OrchestratorSettings().vendors,
        runtime.clock,
        runtime.settings.outside,
        _ceilings(),
        _notice(),
    )
    return Parts(
        audiences=Audiences(db=db, pepper=runtime.pepper, clock=runtime.clock, changed=changed),
        decisions=Decisions(db),
        contacts=Contacts(db),
        consent=consenting,
        lists=DoNotContact(db, runtime.pepper, runtime.clock, consenting.committed),
        linking=Linking(db, ConfigReader(db), runtime.clock, consenting.committed),
        doubts=Doubts(db, runtime.clock, consenting.committed),
        documents=Documents(db),
        erasures=erasures,
        drafts=Drafts(db=db, applying=applying, clock=runtime.clock),
        dry_runs=DryRuns(db=db, applying=applying, clock=runtime.clock, asked=asked),
        configuring=Configuring(applying),
        keys=Keys(db, runtime.clock),
        secrets=WorkspaceSecrets(db, runtime.secrets.keys),
        notices=Notices(db, applying.notice),
        pepper=runtime.pepper,
        clock=runtime.clock,
    )


def _ceilings() -> Ceilings:
    settings = OrchestratorSettings()
    return Ceilings(
        daily_asks=settings.most_daily_asks,
        stranger_replies=settings.most_stranger_replies,
        prefix_asks=settings.most_prefix_asks,
        countries=settings.countries,
        per_second=settings.most_per_second,
        documents=settings.most_documents,
        configuration=settings.most_configuration,
        tests=settings.most_tests,
        numbers=settings.most_numbers,
        recording_hosts=settings.recording_hosts,
    )


def _notice() -> Notice:
    settings = OrchestratorSettings()
    return Notice(settings.legal_notice, settings.legal_notice_required)


service = Service(
    NAME,
    [
        configuration.router,
        document.router,
        audiences.router,
        consent.router,
        doubts.router,
        decisions.router,
        drafts.router,
        dry_run.router,
        keys.router,
        legal_notice.router,
        linking.router,
        lists.router,
        privacy.router,
        secrets.router,
    ],
    start,
    migrations=["orchestrator"],
)
app = serve(service)
