"""docker-compose.yml from the table: everything on one machine, for trying and for small teams.

docker-compose.secured.yml is the same with TLS everywhere, and for each service a user, a role and
passwords of its own, which jobs make in the volume `secrets`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from deploy import compose_secured, table
from deploy.table import Job, Service, Variable

IMAGES: Mapping[str, str] = {
    "gateway": "nginxinc/nginx-unprivileged:1.29-alpine",
    "grafana": "grafana/grafana:12.2.0",
    "kafka": "apache/kafka:4.1.1",
    "postgres": "postgres:18",
    "prometheus": "prom/prometheus:v3.5.0",
}
Document = dict[str, Any]


def compose(*, secured: bool = False) -> Document:
    """Ports are published on the loopback only; a proxy with TLS belongs before the gateway."""
    services = {
        "kafka": _kafka(),
        "postgres": _postgres(),
        **{job.name: _job(job, after) for job, after in zip(table.JOBS, _before(), strict=True)},
        **{service.name: _service(service) for service in table.SERVICES},
        "gateway": _gateway(),
        "prometheus": _prometheus(),
        "grafana": _grafana(),
        table.OPERATOR: _operator(),
        table.SANDBOX: _sandbox(),
    }
    volumes = ["kafka", "postgres", "prometheus", "grafana"]
    if secured:
        services = compose_secured.secured(services)
        volumes.append(compose_secured.VOLUME)
    return {
        "name": "aftercall",
        "services": {name: {"restart": "unless-stopped"} | one for name, one in services.items()},
        "volumes": {name: {} for name in volumes},
    }


def _before() -> Sequence[Job | None]:
    return [None, *table.JOBS[:-1]]


def image(name: str, package: str) -> Document:
    """Built from the one Dockerfile. Nothing in it may be written."""
    return {
        "image": f"aftercall/{name}:${{AFTERCALL_VERSION:-latest}}",
        "build": {"context": ".", "args": {"SERVICE": name, "PACKAGE": package}},
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108 - the container's
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }


def _environment(variables: Sequence[Variable]) -> dict[str, str]:
    return {variable.name: variable.default for variable in variables}


def _service(service: Service) -> Document:
    more: Document = {}
    variables = [*service.variables]
    if service.resolves:
        more = {"env_file": [{"path": "secrets.env", "required": False}]}
        variables.append(table.SANDBOX_TOKEN)
    return {
        **image(service.name, f"aftercall-{service.name}"),
        "command": service.command(),
        "environment": _environment(variables),
        **more,
        "depends_on": _after_jobs(),
        "healthcheck": _answers(f"http://127.0.0.1:{table.INTERNAL_PORT}{table.READY}"),
        "stop_grace_period": f"{table.GRACE}s",
    }


def _job(job: Job, before: Job | None) -> Document:
    needs = {job.needs: {"condition": "service_healthy"}}
    if before:
        needs[before.name] = {"condition": "service_completed_successfully"}
    return {
        **image(table.OPERATOR, "aftercall"),
        "command": [*job.command],
        "environment": _environment(job.environment),
        "depends_on": needs,
        "restart": "on-failure:5",
    }


def _after_jobs() -> Document:
    done = {job.name: {"condition": "service_completed_successfully"} for job in table.JOBS}
    return {job.needs: {"condition": "service_healthy"} for job in table.JOBS} | done


def _operator() -> Document:
    """`docker compose run --rm operator dead list`."""
    own = {"AFTERCALL_URL": f"http://gateway:{table.PORT}", "AFTERCALL_KEY": "${AFTERCALL_KEY:-}"}
    return {
        **image(table.OPERATOR, "aftercall"),
        "profiles": [table.OPERATOR],
        "entrypoint": ["aftercall"],
        "environment": _environment([*table.COMMON, *table.SEALING]) | own,
        "volumes": ["./examples:/examples:ro", "./deploy/sandbox.yaml:/sandbox.yaml:ro"],
        "depends_on": _after_jobs(),
        "restart": "no",
    }


def _sandbox() -> Document:
    return {
        **image(table.SANDBOX, "aftercall-sandbox"),
        "profiles": [table.SANDBOX],
        "command": table.sandbox(
            token=table.SANDBOX_TOKEN.default, public_url=f"http://gateway:{table.PORT}"
        ),
        "healthcheck": _answers(f"http://127.0.0.1:{table.PORT}/control/truth"),
    }


def _gateway() -> Document:
    return {
        "image": IMAGES["gateway"],
        "ports": [f"${{AFTERCALL_LISTEN:-127.0.0.1:8080}}:{table.PORT}"],
        "volumes": ["./deploy/gateway/default.conf:/etc/nginx/conf.d/default.conf:ro"],
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "depends_on": {one.name: {"condition": "service_healthy"} for one in table.SERVICES},
        "healthcheck": _fetches(f"http://127.0.0.1:{table.PORT}/healthz"),
    }


def _kafka() -> Document:
    """One node; vendors on this machine reach it at 127.0.0.1:29092."""
    settings = {
        "NODE_ID": "1",
        "PROCESS_ROLES": "broker,controller",
        "LISTENERS": "PLAINTEXT://:9092,HOST://:29092,CONTROLLER://:9093",
        "ADVERTISED_LISTENERS": "PLAINTEXT://kafka:9092,HOST://127.0.0.1:29092",
        "LISTENER_SECURITY_PROTOCOL_MAP": (
            "PLAINTEXT:PLAINTEXT,HOST:PLAINTEXT,CONTROLLER:PLAINTEXT"
        ),
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
        "CONTROLLER_QUORUM_VOTERS": "1@kafka:9093",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
        "DEFAULT_REPLICATION_FACTOR": "1",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "LOG_DIRS": "/var/lib/kafka/data",
    }
    check = "/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server kafka:9092"
    return {
        "image": IMAGES["kafka"],
        "environment": {f"KAFKA_{name}": value for name, value in settings.items()},
        "ports": ["127.0.0.1:29092:29092"],
        "volumes": ["kafka:/var/lib/kafka/data"],
        "healthcheck": _health(["CMD-SHELL", f"{check} > /dev/null"], interval=15),
        "stop_grace_period": "60s",
    }


def _postgres() -> Document:
    """`-h`: while the image sets the database up, it listens on no address."""
    return {
        "image": IMAGES["postgres"],
        "environment": {
            "POSTGRES_USER": "aftercall",
            "POSTGRES_DB": "aftercall",
            "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:?see .env.example}",
        },
        "volumes": ["postgres:/var/lib/postgresql"],
        "healthcheck": _health(["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "aftercall"]),
        "stop_grace_period": "60s",
        "shm_size": "256mb",
    }


def _prometheus() -> Document:
    return {
        "image": IMAGES["prometheus"],
        "ports": ["127.0.0.1:9090:9090"],
        "volumes": [
            "./deploy/prometheus/prometheus.yml:/etc/prometheus/prometheus.yml:ro",
            "./deploy/prometheus/rules:/etc/prometheus/rules:ro",
            "prometheus:/prometheus",
        ],
        "healthcheck": _fetches("http://127.0.0.1:9090/-/ready"),
    }


def _grafana() -> Document:
    return {
        "image": IMAGES["grafana"],
        "ports": ["127.0.0.1:3000:3000"],
        "environment": {
            "GF_SECURITY_ADMIN_PASSWORD": "${GRAFANA_PASSWORD:?see .env.example}",
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
        },
        "volumes": [
            "./deploy/grafana/provisioning:/etc/grafana/provisioning:ro",
            "./deploy/grafana/dashboards:/etc/grafana/dashboards:ro",
            "grafana:/var/lib/grafana",
        ],
        "depends_on": {"prometheus": {"condition": "service_healthy"}},
        "healthcheck": _fetches("http://127.0.0.1:3000/api/health"),
    }


def _answers(url: str) -> Document:
    """For our images, which have neither curl nor wget."""
    script = f"from urllib.request import urlopen as u; u('{url}', timeout=4)"
    return _health(["CMD", "python", "-c", script])


def _fetches(url: str) -> Document:
    return _health(["CMD", "wget", "-q", "-O", "/dev/null", url])


def _health(test: list[str], *, interval: int = 10) -> Document:
    """Seconds; at the start, when it is waited for, it is looked at more often."""
    return {
        "test": test,
        "interval": f"{interval}s",
        "timeout": "10s",
        "retries": 6,
        "start_period": "120s",
        "start_interval": "3s",
    }
