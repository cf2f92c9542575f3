"""Composition root: `python -m common.process console.app:app`."""

from datetime import timedelta

from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from console.endpoints import routers
from console.service.managing import Managing
from console.service.parts import Parts
from console.service.second_factor import SecondFactor
from console.service.users import Users
from console.settings import ConsoleSettings


async def start(runtime: Runtime, tasks: Tasks) -> Parts:
    settings = ConsoleSettings()
    users = users_of(runtime, settings)
    return Parts(
        users=users,
        people=people_of(runtime),
        second_factor=SecondFactor(users=users),
        http=runtime.http,
        service_url=settings.service_url,
        secure=runtime.settings.public_url.startswith("https:"),
    )


def users_of(runtime: Runtime, settings: ConsoleSettings | None = None) -> Users:
    chosen = settings or ConsoleSettings()
    return Users(
        db=runtime.db,
        pepper=runtime.pepper,
        lasts=timedelta(hours=chosen.session_hours),
        idle=timedelta(minutes=chosen.idle_minutes),
        clock=runtime.clock,
    )


def people_of(runtime: Runtime) -> Managing:
    return Managing(db=runtime.db, clock=runtime.clock)


service = Service("console", routers, start, migrations=["console"], settings=ConsoleSettings)
app = serve(service)
