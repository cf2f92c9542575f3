"""What is deployed: docker-compose.yml, the Kubernetes base, Prometheus and the tests read this.

Start order: database and broker are ready, then `JOBS` one after the other, then `SERVICES`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PORT = 8080  # every service, inside its container: what `paths` says, for everybody
INTERNAL_PORT = 8081  # health, metrics and OpenAPI: for the platform and Prometheus alone
LARGEST_BODY = "8m"  # that a gateway hands on: an import of those who said no
LIVE, READY, METRICS, OPENAPI = "/livez", "/readyz", "/metrics", "/openapi.json"

# Seconds. What a service needs to end in order: answer open requests (uvicorn), finish what is in
# hand (`common.process.service.Tasks.stop`), flush the producer and close its connections.
STOP_REQUESTS, STOP_TASKS, STOP_CLOSE = 10, 20, 10
DRAIN = 5  # in Kubernetes, until no proxy sends requests to a replica that is about to end
GRACE = DRAIN + STOP_REQUESTS + STOP_TASKS + STOP_CLOSE + 15  # and some, on a busy machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """Of the environment. `default` is docker-compose's and may refer to `.env`.

    A secret is referred to by name, in Kubernetes as a key of the Secret `aftercall`. `optional`:
    a service starts without it.
    """

    name: str
    default: str
    secret: bool = False
    optional: bool = False


KAFKA = Variable(name="AFTERCALL_KAFKA_BOOTSTRAP_SERVERS", default="kafka:9092")
NAMESPACE = Variable(name="AFTERCALL_KAFKA_NAMESPACE", default="")
DATABASE = Variable(
    name="AFTERCALL_DATABASE_URL",
    default="postgresql://aftercall:${POSTGRES_PASSWORD:?see .env.example}@postgres/aftercall",
    secret=True,
)
COMMON: Sequence[Variable] = (
    DATABASE,
    KAFKA,
    NAMESPACE,
    Variable(
        name="AFTERCALL_CONTACT_PEPPER",
        default="${AFTERCALL_CONTACT_PEPPER:?see .env.example}",
        secret=True,
    ),
    Variable(name="AFTERCALL_PUBLIC_URL", default="${AFTERCALL_PUBLIC_URL:-http://gateway:8080}"),
    Variable(name="AFTERCALL_LOG_LEVEL", default="${AFTERCALL_LOG_LEVEL:-INFO}"),
    Variable(name="AFTERCALL_DATABASE_POOL_SIZE", default="10"),
    Variable(name="AFTERCALL_REQUESTS_PER_SECOND", default="${AFTERCALL_REQUESTS_PER_SECOND:-500}"),
    Variable(name="AFTERCALL_REFERENCE_FOLDER", default="${AFTERCALL_REFERENCE_FOLDER:-}"),
    Variable(name="AFTERCALL_PROVIDER_HOSTS", default="${AFTERCALL_PROVIDER_HOSTS:-sandbox:8080}"),
    # Whose X-Forwarded-For is believed: what stands in front has an address of these networks.
    Variable(
        name="AFTERCALL_TRUSTED_PROXIES",
        default="127.0.0.1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",
    ),
)
# Seals and opens secrets of workspaces and people's addresses: of those alone that have any.
MASTER_KEYS = Variable(
    name="AFTERCALL_MASTER_KEYS",
    default="${AFTERCALL_MASTER_KEYS:-}",
    secret=True,
    optional=True,
)
# In the Secret, so that it is there where somebody begins with it, and in no upgrade by itself.
ENCRYPT_ADDRESSES = Variable(
    name="AFTERCALL_ENCRYPT_ADDRESSES",
    default="${AFTERCALL_ENCRYPT_ADDRESSES:-}",
    secret=True,
    optional=True,
)
SEALING = (MASTER_KEYS, ENCRYPT_ADDRESSES)


def _closed_loop(name: str, default: str = "", *, secret: bool = False) -> Variable:
    known = f"AFTERCALL_CLOSED_LOOP_{name}"
    return Variable(name=known, default=f"${{{known}:-{default}}}", secret=secret, optional=True)


# Where webhooks may go although it is within, also by http; the mail server of alerts.
CLOSED_LOOP = (
    _closed_loop("HOSTS"),
    _closed_loop("SMTP_HOST"),
    _closed_loop("SMTP_PORT", "587"),
    _closed_loop("SMTP_USER"),
    _closed_loop("SMTP_PASSWORD", secret=True),
    _closed_loop("SMTP_TLS", "starttls"),
    _closed_loop("SENDER", "Aftercall <aftercall@localhost>"),
    Variable(name="AFTERCALL_CLOSED_LOOP_SERVICE_URL", default=f"http://{{service}}:{PORT}"),
)


def _oidc(name: str, default: str = "", *, secret: bool = False) -> Variable:
    known = f"AFTERCALL_CONSOLE_OIDC_{name}"
    return Variable(name=known, default=f"${{{known}:-{default}}}", secret=secret, optional=True)


# Where the console finds a service: by its name, on the port of all; who lets people in (OIDC).
CONSOLE = (
    Variable(name="AFTERCALL_CONSOLE_SERVICE_URL", default=f"http://{{service}}:{PORT}"),
    _oidc("ISSUER"),
    _oidc("CLIENT_ID"),
    _oidc("CLIENT_SECRET", secret=True),
    _oidc("NAME", "your company"),
    _oidc("DOMAINS"),
    _oidc("WORKSPACE"),
    _oidc("ROLE_CLAIM"),
    _oidc("ROLES"),
    _oidc("TEAMS_CLAIM", "teams"),
    _oidc("AGENT_CLAIM", "agent"),
    _oidc("BELIEVES_EMAILS", "false"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Of one service. Without `most` production does not scale by itself.

    `cpu` and `memory` are asked for, of memory twice as much is allowed.
    """

    cpu: str
    memory: int  # MiB
    least: int = 2  # replicas in production; the small overlay has one
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One deployment. `name` is its image's, too; `paths` are public, by prefix.

    `resolves`: secrets that the configuration refers to. `seals`: secrets that are written, or
    addresses that it keeps.
    `calls_out`: providers, or what workspaces name, over https.
    `mails`: by a mail server, submission. `asks`: services whose REST API it uses.
    """

    name: str
    app: str
    paths: Sequence[str]
    scale: Scale
    resolves: bool = False
    seals: bool = False
    calls_out: bool = False
    mails: bool = False
    asks: Sequence[str] = ()
    environment: Sequence[Variable] = COMMON

    @property
    def variables(self) -> Sequence[Variable]:
        """All that its process is given."""
        return (*self.environment, *(SEALING if self.resolves or self.seals else ()))

    def command(self, *, host: str = "0.0.0.0", port: int = PORT) -> list[str]:  # noqa: S104
        """As its container runs it; its internal port is `AFTERCALL_INTERNAL_PORT`."""
        return [
            *("python", "-m", "common.process", self.app, "--host", host, "--port", str(port)),
            *("--finish-within", str(STOP_REQUESTS)),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Runs to its end before any service starts; again at every release, which is safe."""

    name: str
    command: Sequence[str]
    needs: str  # what must be ready: a server of docker-compose
    runs_as: str  # whose role and whose Kafka user it has, where everybody has their own
    environment: Sequence[Variable]


OPERATOR = "operator"  # the image with the `aftercall` command
MIGRATIONS = "migrations"  # the role that owns schemas and tables
JOBS: Sequence[Job] = (
    Job(
        name="upgrade",
        command=("aftercall", "db", "upgrade"),
        needs="postgres",
        runs_as=MIGRATIONS,
        environment=(DATABASE,),
    ),
    Job(
        name="topics",
        command=("aftercall", "topics", "create"),
        needs="kafka",
        runs_as=OPERATOR,
        environment=(KAFKA, NAMESPACE),
    ),
)

SERVICES: Sequence[Service] = (
    Service(
        name="orchestrator",
        app="orchestrator.app:app",
        paths=tuple(
            f"/v1/{part}"
            for part in (
                "audiences",
                "config",
                "consent",
                "contacts",
                "decisions",
                "do-not-contact",
                "doubts",
                "erasures",
                "flows",
                "invitations",
                "keys",
                "legal-notice",
                "secrets",
                "surveys",
                "workspaces",
            )
        ),
        scale=Scale(cpu="500m", memory=512, most=6),
        seals=True,
    ),
    Service(
        name="analytics",
        app="analytics.app:app",
        paths=tuple(
            f"/v1/{part}"
            for part in (
                "calls",
                "export",
                "funnel",
                "resolution",
                "response-rates",
                "responses",
                "scores",
                "studies",
                "trend",
                "values",
            )
        ),
        scale=Scale(cpu="500m", memory=512, most=4),
    ),
    # `in_flight` of an account is per replica: a number of these that changes would change it.
    Service(
        name="sms-sender",
        app="sms_sender.app:app",
        paths=("/v1/sms", "/l/sms"),
        scale=Scale(cpu="250m", memory=256),
        resolves=True,
        seals=True,
        calls_out=True,
    ),
    Service(
        name="ivr-gateway",
        app="ivr_gateway.app:app",
        paths=("/v1/ivr", "/l/ivr"),
        scale=Scale(cpu="250m", memory=256),
        resolves=True,
        seals=True,
        calls_out=True,
    ),
    Service(
        name="whatsapp-sender",
        app="whatsapp_sender.app:app",
        paths=("/v1/whatsapp", "/l/whatsapp"),
        scale=Scale(cpu="250m", memory=256),
        resolves=True,
        seals=True,
        calls_out=True,
    ),
    Service(
        name="ingest",
        app="ingest.app:app",
        paths=("/v1/events", "/v1/sources"),
        scale=Scale(cpu="250m", memory=256, most=8),
        resolves=True,
        seals=True,
    ),
    Service(
        name="closed-loop",
        app="closed_loop.app:app",
        paths=("/v1/alerts", "/v1/webhooks"),
        scale=Scale(cpu="250m", memory=256),
        seals=True,
        calls_out=True,
        mails=True,
        asks=("analytics",),
        environment=(*COMMON, *CLOSED_LOOP),
    ),
    Service(
        name="console",
        app="console.app:app",
        paths=("/console",),
        scale=Scale(cpu="250m", memory=256),
        asks=(
            "analytics",
            "orchestrator",
            "sms-sender",
            "ivr-gateway",
            "whatsapp-sender",
            "closed-loop",
        ),
        environment=(*COMMON, *CONSOLE),
        calls_out=True,
    ),
)
BY_NAME: Mapping[str, Service] = {service.name: service for service in SERVICES}

SANDBOX = "sandbox"  # docker-compose's profile: a carrier and people who answer, no real provider
SANDBOX_SID = "AC00000000000000000000000000000001"
SANDBOX_TOKEN = Variable(
    name="AFTERCALL_SECRET_SANDBOX_TOKEN", default="${SANDBOX_TOKEN:-token-of-the-sandbox}"
)


def sandbox(*, host: str = "0.0.0.0", port: int = PORT, token: str, public_url: str) -> list[str]:  # noqa: S104
    """Its command; `deploy/sandbox.yaml` is the configuration that uses it."""
    return [
        *("python", "-m", "sandbox", "--host", host, "--port", str(port)),
        *("--account", f"{SANDBOX_SID}:{token}"),
        *("--inbound-url", f"{public_url}/v1/sms/callbacks/sandbox-carrier/inbound"),
    ]
