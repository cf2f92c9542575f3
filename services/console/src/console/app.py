"""Composition root: `python -m common.process console.app:app`."""

from datetime import timedelta

from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from console.domain.oidc import Claims
from console.endpoints import routers
from console.service.managing import Managing
from console.service.oidc import Provider
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
        provider=_provider(runtime, settings, users),
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


def _provider(runtime: Runtime, settings: ConsoleSettings, users: Users) -> Provider | None:
    if not settings.oidc_issuer:
        return None
    return Provider(
        users=users,
        http=runtime.http,
        name=settings.oidc_name,
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        redirect=f"{runtime.settings.public_url.rstrip('/')}/console/provider/back",
        domains=[one.strip() for one in settings.oidc_domains.split(",") if one.strip()],
        how=Claims(
            workspace=settings.oidc_workspace or None,
            role_claim=settings.oidc_role_claim,
            roles=settings.oidc_roles,
            teams_claim=settings.oidc_teams_claim,
            agent_claim=settings.oidc_agent_claim,
            believes_emails=settings.oidc_believes_emails,
        ),
    )


def people_of(runtime: Runtime) -> Managing:
    return Managing(db=runtime.db, clock=runtime.clock)


service = Service("console", routers, start, migrations=["console"], settings=ConsoleSettings)
app = serve(service)
