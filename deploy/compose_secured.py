"""What docker-compose.secured.yml has otherwise: jobs that make certificates, passwords, users and
roles, servers that let nobody in without, and for each service what is its own and nothing else.
"""

from typing import Any

from deploy import access, table

Document = dict[str, Any]
VOLUME = "secrets"
ALL = "/run/aftercall/secrets"  # the whole volume, where the jobs mount it
DATABASE = "postgres:5432/aftercall"
ADMIN = (  # of PostgreSQL, for the job that makes roles
    "postgresql://aftercall:${POSTGRES_PASSWORD:?see .env.example}@postgres/aftercall"
    f"?sslmode=verify-full&sslrootcert={access.CA_FILE}"
)
CERTIFICATE = "/certificate/server.pem"
LOCAL = "127.0.0.1:9094"  # Kafka's administrator comes from within its container
DONE, HEALTHY = "service_completed_successfully", "service_healthy"
_RULES = """local all all trust
hostssl all all all scram-sha-256
"""


def secured(plain: dict[str, Document]) -> dict[str, Document]:
    """`plain`: what docker-compose.yml has."""
    operator = plain[table.OPERATOR]
    upgrade, topics = (job.name for job in table.JOBS)
    owners = {service.name: service.name for service in table.SERVICES}
    owners |= {job.name: job.runs_as for job in table.JOBS} | {table.OPERATOR: table.OPERATOR}
    made = {**plain, **{name: _owned(plain[name], who) for name, who in owners.items()}}
    made["kafka"] = _kafka(plain["kafka"])
    made["postgres"] = _postgres(plain["postgres"])
    made["certificates"] = _job(
        operator,
        [
            *("aftercall", "certificates", ALL),
            *("--server", "kafka=kafka,localhost,127.0.0.1", "--server", "postgres=postgres"),
        ],
    )
    grant = ["aftercall", "grants"]
    passwords = ["--apply", "--passwords", ALL]
    made["roles"] = _job(
        operator,
        [*grant, "postgres", *passwords],
        environment={table.DATABASE.name: ADMIN},
        depends_on={"postgres": {"condition": HEALTHY}},
    )
    made["users"] = _job(
        operator,
        [*grant, "kafka", *passwords],
        environment={table.KAFKA.name: LOCAL, table.NAMESPACE.name: table.NAMESPACE.default},
        depends_on={"kafka": {"condition": HEALTHY}},
        network_mode="service:kafka",
    )
    made[upgrade]["depends_on"] |= {"roles": {"condition": DONE}}
    made[topics]["depends_on"] |= {"users": {"condition": DONE}}
    return made


def _owned(plain: Document, who: str) -> Document:
    """Of somebody who is known by a name of his own."""
    environment = {**plain["environment"], **access.secured(who, database=DATABASE)}
    mounts = [_mount(who, access.OWN), _mount("ca", access.CA_FILE.rpartition("/")[0])]
    return {
        **plain,
        "environment": environment,
        "volumes": [*plain.get("volumes", []), *mounts],
        "depends_on": {**plain["depends_on"]},
    }


def _mount(part: str, target: str) -> Document:
    """A folder of the volume, which the jobs have made by then."""
    return {
        "type": "volume",
        "source": VOLUME,
        "target": target,
        "read_only": True,
        "volume": {"subpath": part},
    }


def _job(operator: Document, command: list[str], **more: Any) -> Document:
    own = {name: operator[name] for name in ("image", "build", "read_only", "tmpfs")}
    own |= {name: operator[name] for name in ("cap_drop", "security_opt")}
    mounts = [f"{VOLUME}:{ALL}"]
    if "environment" in more and table.DATABASE.name in more["environment"]:
        more["volumes"] = [*mounts, _mount("ca", access.CA_FILE.rpartition("/")[0])]
    return {**own, "command": command, "volumes": mounts, "restart": "on-failure:5", **more}


def _kafka(plain: Document) -> Document:
    """Listeners have names without SSL in them: for those the image wants a keystore of Java's."""
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    settings = {
        "LISTENERS": f"SECURED://:9092,HOST://:29092,LOCAL://{LOCAL},CONTROLLER://127.0.0.1:9093",
        "ADVERTISED_LISTENERS": f"SECURED://kafka:9092,HOST://localhost:29092,LOCAL://{LOCAL}",
        "LISTENER_SECURITY_PROTOCOL_MAP": (
            "SECURED:SASL_SSL,HOST:SASL_SSL,LOCAL:PLAINTEXT,CONTROLLER:PLAINTEXT"
        ),
        "INTER_BROKER_LISTENER_NAME": "LOCAL",
        "CONTROLLER_QUORUM_VOTERS": "1@127.0.0.1:9093",
        "AUTHORIZER_CLASS_NAME": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "SUPER_USERS": "User:ANONYMOUS",  # who comes from within the container
        "SASL_ENABLED_MECHANISMS": "SCRAM-SHA-512",
        "LISTENER_NAME_SECURED_SCRAM___SHA___512_SASL_JAAS_CONFIG": scram,
        "LISTENER_NAME_HOST_SCRAM___SHA___512_SASL_JAAS_CONFIG": scram,
        "SSL_KEYSTORE_TYPE": "PEM",
        "SSL_KEYSTORE_LOCATION": CERTIFICATE,
    }
    check = "/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server"
    health = {**plain["healthcheck"], "test": ["CMD-SHELL", f"{check} {LOCAL} > /dev/null"]}
    return {
        **plain,
        "environment": {
            **plain["environment"],
            **{f"KAFKA_{name}": value for name, value in settings.items()},
        },
        "volumes": [*plain["volumes"], _mount("kafka", "/certificate")],
        "healthcheck": health,
        "depends_on": {"certificates": {"condition": DONE}},
    }


def _postgres(plain: Document) -> Document:
    """Its key must be its own and nobody else's: so it takes a copy before it drops its rights."""
    key, rules = "/var/lib/postgresql/server.pem", "/etc/postgresql/hba.conf"
    copy = f"install -o postgres -g postgres -m 0600 {CERTIFICATE} {key}"
    options = {
        "ssl": "on",
        "ssl_cert_file": key,
        "ssl_key_file": key,
        "hba_file": rules,
    }
    told = " ".join(f"-c {name}={value}" for name, value in options.items())
    start = f"exec docker-entrypoint.sh postgres {told}"
    return {
        **plain,
        "entrypoint": ["bash", "-c", f"{copy} && {start}"],
        "volumes": [
            *plain["volumes"],
            _mount("postgres", "/certificate"),
            f"./deploy/postgres/hba.conf:{rules}:ro",
        ],
        "depends_on": {"certificates": {"condition": DONE}},
    }


def rules(head: str) -> str:
    """Who is let into PostgreSQL, and how: from elsewhere by TLS and a password alone."""
    return head + _RULES
