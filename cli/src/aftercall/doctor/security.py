"""Who can read along, who we are, and whether everybody may do what they must."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Sequence

import asyncpg

from aftercall.doctor.findings import Finding, named, ok, problem, warning
from aftercall.grants import kafka as on_kafka
from aftercall.grants.in_database import lacking, there
from aftercall.grants.postgres import rights
from aftercall.platform import SERVICES
from common.bus.grants import Acl, Kind, Pattern
from common.bus.security import Protocol, Security
from common.database import Database, address
from common.process.broker_settings import BrokerSettings
from common.process.service import schemas

PAGE = "docs/encryption-and-access.md"
LOOPBACK = ("localhost", "127.", "[::1]")
_PATIENCE = 5.0  # seconds


def way_to_database(url: str) -> Finding:
    """What protects it, by its address."""
    found = address.read(url)
    todo = f"Set sslmode=verify-full and sslrootcert in AFTERCALL_DATABASE_URL; see {PAGE}."
    who = f" as {found.user}" if found.user else ""
    if not found.hosts:
        return ok("encryption", f"database: a socket of this machine{who}")
    if found.verified:
        return ok("encryption", f"database: TLS, certificate and name are checked{who}")
    if found.checked:
        return warning("encryption", f"database: TLS, the name is not checked{who}", todo)
    if found.mode == "require":
        return warning("encryption", f"database: TLS with whoever answers{who}", todo)
    if _is_near(found.hosts):
        return ok("encryption", f"database: plain, within this machine{who}")
    return warning("encryption", f"database: whoever is on the way reads along{who}", todo)


def way_to_broker(servers: str, security: Security) -> Finding:
    todo = f"Set AFTERCALL_KAFKA_SECURITY=SASL_SSL; see {PAGE}."
    if security.protocol.encrypts:
        return ok("encryption", f"broker: {security}, certificate and name are checked")
    if _is_near(servers):
        return ok("encryption", f"broker: {security}, within this machine")
    if security.protocol is Protocol.SASL_PLAINTEXT:
        return warning("encryption", f"broker: {security}, and not encrypted", todo)
    return warning("encryption", "broker: whoever is on the way reads along, and writes", todo)


def _is_near(hosts: str) -> bool:
    return all(host.strip().startswith(LOOPBACK) for host in hosts.split(","))


async def why_no_database(url: str) -> str:
    """In words, why no connection is made; empty when one is."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await (await asyncpg.connect(url)).close()
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is refused: {error.verify_message}"
    except asyncpg.InvalidPasswordError:
        return "it refuses this user or password"
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        return f"it does not let this user in: {error}"
    except asyncpg.InvalidCatalogNameError as error:
        return str(error)
    except ConnectionRefusedError:
        return "nobody listens there"
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return f"{type(error).__name__}" if isinstance(error, TimeoutError) else str(error)
    return ""


async def roles(db: Database, url: str) -> list[Finding]:
    """Whether each role of a service has its rights. Raises `Retry`."""
    async with db.connection() as connection:
        known = await there(connection, rights())
        if not known and not address.read(url).hosts:
            return []  # one process on one machine
        if not known:
            todo = f"`aftercall grants postgres` makes a role for each; see {PAGE}."
            return [warning("rights", "the services have no roles of their own", todo)]
        missing = await lacking(connection, known, [schema for schema, _ in schemas(SERVICES)])
    if missing:
        todo = "Run `aftercall db upgrade` as the role that owns the schemas."
        return [problem("rights", f"not granted: {named(missing)}", todo)]
    return [ok("rights", f"{len(known)} roles have what they need")]


async def grants(settings: BrokerSettings) -> list[Finding]:
    """Whether each user has its grants. Raises `Retry`."""
    from common.bus.kafka_grants import MayNotLook, NoAuthorizer, granted

    assert settings.kafka_bootstrap_servers
    try:
        acls = await granted(settings.kafka_bootstrap_servers, settings.security)
    except NoAuthorizer:
        todo = f"Give the brokers an authoriser; see {PAGE}."
        text = "the broker has no authoriser: everybody may do everything"
        return [warning("grants", text, todo)]
    except MayNotLook:
        todo = "Run this as the operator, who is granted Describe on the cluster."
        return [warning("grants", "this user may not look at grants", todo)]
    return _missing(settings, acls)


def _missing(settings: BrokerSettings, acls: Sequence[Acl]) -> list[Finding]:
    principal = _principal(settings.kafka_user)
    wanted = [
        acl
        for one in on_kafka.grants()
        for acl in one.acls(namespace=settings.kafka_namespace, principal=principal)
    ]
    lacks: dict[str, list[str]] = defaultdict(list)
    for acl in on_kafka.missing(wanted, acls):
        lacks[acl.principal].append(_in_words(acl))
    todo = "`aftercall grants kafka` prints the commands that grant it."
    found = [
        problem("grants", f"{who} lacks {named(what)}", todo) for who, what in sorted(lacks.items())
    ]
    return found or [ok("grants", f"all {len(wanted)} are there")]


def _principal(user: str) -> str:
    """The others are called as the operator is, where his user says so: `prod-operator`."""
    if on_kafka.OPERATOR in user:
        return "User:" + user.replace(on_kafka.OPERATOR, "{name}")
    return on_kafka.PRINCIPAL


def _in_words(acl: Acl) -> str:
    operation = acl.operation.name.title().replace("_", "")
    if acl.kind is Kind.CLUSTER:
        return f"{operation} on the cluster"
    every = "*" if acl.pattern is Pattern.PREFIXED else ""
    return f"{operation} on {acl.kind.name.lower()} {acl.name}{every}"
