"""Rights in PostgreSQL: one role per service, one for the operator's commands, one that migrates.

A service has its own schema, and of the configuration what it reads. Row-level security is on for
every table of workspaces: a service's role bypasses it, as the tables' owner would, and the role
that it takes for the REST requests of one workspace (`common.database.tenants`) does not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aftercall.platform import SERVICES
from common.database.tenants import TENANT

PREFIX = "aftercall_"
MIGRATIONS = "migrations"
OWNER = PREFIX + MIGRATIONS  # owns schemas and tables
OPERATOR = f"{PREFIX}operator"
OPENS = ("ingest", "sms_sender", "ivr_gateway", "whatsapp_sender")  # what workspaces have sealed
KEEPS = ("orchestrator", *OPENS, "closed_loop")  # addresses, sealed by keys of workspaces
DATA_KEYS = "data_keys"
EVERYTHING = ("select", "insert", "update", "delete")
READING = ("select",)
CONFIG: Mapping[str, Sequence[str]] = {  # of whoever writes the configuration
    "api_keys": ("select", "insert", "update"),
    "changes": ("select", "insert"),
    DATA_KEYS: ("select", "insert", "update"),
    "documents": EVERYTHING,
    "drafts": EVERYTHING,
    "secrets": EVERYTHING,
    "version": ("select", "update"),
}
VIEWS = ("current_documents", "current_version", "usable_api_keys")
SECRETS = "current_secrets"
RECORD = "migrations"  # in every schema: what was applied
ALL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Of one role. `schemas`: table (or view, or `ALL`) -> privileges, by schema.

    Whoever may use a schema may read what was applied to it.
    """

    role: str
    schemas: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)

    @property
    def tenant(self) -> str:
        """What it becomes for the requests of one workspace."""
        return self.role + TENANT


def role_of(service: str) -> str:
    """`sms-sender` -> `aftercall_sms_sender`."""
    return PREFIX + service.replace("-", "_")


def rights() -> list[Rights]:
    """Of the services, and of the operator's commands."""
    return [*(_of_service(one.name) for one in SERVICES), _operator()]


def _of_service(name: str) -> Rights:
    config: dict[str, Sequence[str]] = dict.fromkeys(VIEWS, READING)
    if name in OPENS:
        config[SECRETS] = READING
    if name in KEEPS:
        config[DATA_KEYS] = ("select", "insert")
    if name == "orchestrator":
        config |= CONFIG
    return Rights(
        role=role_of(name),
        schemas={"bus": {}, "config": config, name: {ALL: EVERYTHING}},
    )


def _operator() -> Rights:
    """Keys, users, secrets, rollups; and a look at every schema for the doctor."""
    config = {**dict.fromkeys((*VIEWS, SECRETS), READING), **CONFIG}
    return Rights(
        role=OPERATOR,
        schemas={
            "bus": {},
            **{service.name: {} for service in SERVICES},
            "config": config,
            "analytics": {ALL: EVERYTHING},
            "console": {ALL: EVERYTHING},
            "whatsapp_sender": {"templates": READING, "numbers": READING},
        },
    )


def roles_sql(found: Sequence[Rights], *, database: str, tenant: str) -> Iterator[str]:
    """Statements that make the roles, once, as a superuser. No passwords."""
    yield _made(tenant, "nologin")
    yield _made(OWNER, "login")
    yield f"grant {tenant} to {OWNER};"
    yield f'grant create on database "{database}" to {OWNER};'
    for one in found:
        yield _made(one.tenant, "nologin")
        yield _made(one.role, "login")
        yield f"alter role {one.role} bypassrls;"  # `copy` works for nobody whom policies touch
        yield f"grant {one.tenant} to {one.role};"


def _made(role: str, kind: str) -> str:
    """`create role if not exists`, which PostgreSQL does not have."""
    return (
        f"do $$ begin if not exists (select from pg_roles where rolname = '{role}')"
        f" then create role {role} {kind}; end if; end $$;"
    )
