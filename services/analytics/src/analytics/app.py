"""Composition root: `python -m common.process analytics.app:app`."""

from analytics.endpoints import export, figures, resolution, rows, studies, trends, values
from analytics.service import Erasing, Intake, Packing, Reports, Studies
from analytics.service.holding import handlers
from analytics.service.retaining import retaining
from common.events.consent import ConsentChanged, ContactErased
from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from common.streams.consumer import Consumer

LINGER = 0.4  # seconds; nobody waits for a figure
BATCH = 4_000  # records: one write per cell and batch, so the larger the cheaper


async def start(runtime: Runtime, tasks: Tasks) -> Reports:
    intake = Intake(runtime.db, runtime.config)
    consumer = Consumer(
        runtime.bus,
        "analytics",
        handlers(intake),
        service="analytics",
        max_records=BATCH,
        linger=LINGER,
        clock=runtime.clock,
    )
    erasing = Erasing(runtime.db, runtime.bus, runtime.clock)
    erased = Consumer(
        runtime.bus,
        "analytics.consent",
        {ContactErased: erasing.on_erased, ConsentChanged: intake.on_consents},
        service="analytics",
        clock=runtime.clock,
    )
    tasks.consume("counting", consumer)
    tasks.consume("erasing", erased)
    tasks.spawn("retaining", retaining(runtime.db, runtime.config, runtime.clock).run())
    tasks.spawn("packing", Packing(runtime.db, runtime.config, runtime.clock).run())
    reports = Reports(runtime.db, runtime.config, runtime.pepper, runtime.clock)
    tasks.spawn("studying", Studies(reports).run())
    return reports


service = Service(
    "analytics",
    [
        figures.router,
        trends.router,
        resolution.router,
        rows.router,
        export.router,
        studies.router,
        values.router,
    ],
    start,
    migrations=["analytics"],
)
app = serve(service)
