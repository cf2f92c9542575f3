"""What the platform stands on where everybody has a name of their own: Kafka with TLS, SCRAM and an
authoriser, PostgreSQL behind TLS, and nothing granted but what `aftercall grants` grants.

The test itself comes as the administrator: by Kafka's plain listener and PostgreSQL's socket.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from common.certificates import Authority
from common.process.database_settings import DatabaseSettings
from common.testing.kafka import Broker
from common.testing.postgres import Server
from common.testing.postgres_tls import tls_before
from deploy import access, table
from tests.e2e.commands import aftercall

NAME = "aftercall"  # of the database


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """`kafka`, `database`: the administrator's. `servers`, `port`: where services are let in."""

    kafka: str
    database: str
    servers: str
    port: int
    ca_file: Path
    passwords: Path
    namespace: str

    def own(self, name: str) -> Mapping[str, str]:
        """What a service is told, by the table; it knows no password but its own."""
        found = access.secured(
            name,
            database=f"localhost:{self.port}/{NAME}",
            own=str(self.passwords / name),
            ca_file=str(self.ca_file),
        )
        if name == table.MIGRATIONS:
            return found
        return found | {
            "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": self.servers,
            "AFTERCALL_KAFKA_NAMESPACE": self.namespace,
        }

    def database_url(self, name: str) -> str:
        """With the password."""
        told = self.own(name)
        return DatabaseSettings(
            database_url=told["AFTERCALL_DATABASE_URL"],
            database_password_file=told["AFTERCALL_DATABASE_PASSWORD_FILE"],
        ).database_url.get_secret_value()

    @asynccontextmanager
    async def role(self, name: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection as that role, through TLS."""
        connection = await asyncpg.connect(self.database_url(name))
        try:
            yield connection
        finally:
            await connection.close()

    def environment(self, name: str) -> dict[str, str]:
        """Of a command that is run with what `name` is told, and nothing else of ours."""
        others = {k: v for k, v in os.environ.items() if not k.startswith("AFTERCALL_")}
        return {**others, **self.own(name)}


@asynccontextmanager
async def secured(folder: Path, namespace: str) -> AsyncIterator[Ground]:
    """Everything is started, users and roles are made and granted what they need."""
    authority = Authority.make(folder / "ca")
    broker = Broker(folder / "kafka", certificate=authority.issue("broker", "localhost"))
    server = Server(folder / "postgres", passwords=True)
    broker.folder.mkdir()
    try:
        await asyncio.gather(asyncio.to_thread(broker.start), asyncio.to_thread(server.start))
        connection = await asyncpg.connect(server.url())
        await connection.execute(f"create database {NAME}")
        await connection.close()
        with tls_before(server.folder, authority.issue("database", "localhost")) as port:
            made = Ground(
                kafka=broker.servers,
                database=server.url(NAME),
                servers=broker.secured_servers,
                port=port,
                ca_file=authority.ca_file,
                passwords=folder / "own",
                namespace=namespace,
            )
            await _grant(made)
            yield made
    finally:
        await asyncio.gather(asyncio.to_thread(broker.stop), asyncio.to_thread(server.stop))


async def _grant(ground: Ground) -> None:
    """By the administrator's commands."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AFTERCALL_")} | {
        "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": ground.kafka,
        "AFTERCALL_KAFKA_NAMESPACE": ground.namespace,
        "AFTERCALL_DATABASE_URL": ground.database,
    }
    for what in ("kafka", "postgres"):
        ended = await aftercall(
            *("grants", what, "--apply", "--passwords", str(ground.passwords)),
            environment=environment,
        )
        assert ended.status == 0, ended.text
