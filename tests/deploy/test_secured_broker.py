"""The broker of docker-compose.secured.yml, started with its settings from the image's own jars."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from common.bus.kafka_topics import look
from common.bus.security import PLAIN, Protocol, Security
from common.certificates import Authority
from common.errors import Retry
from common.testing.kafka import Broker
from deploy import table
from tests.e2e.commands import aftercall


def properties(environment: dict[str, str]) -> dict[str, str]:
    """As the image apache/kafka makes them of its environment."""
    return {
        name.removeprefix("KAFKA_")
        .replace("___", "-")
        .replace("__", "\0")
        .replace("_", ".")
        .replace("\0", "_")
        .lower(): value
        for name, value in environment.items()
        if name.startswith("KAFKA_")
    }


class Composed(Broker):
    """Its addresses and files are this machine's, all else is the compose file's."""

    def __init__(self, folder: Path, certificate: Path, composed: dict[str, str]) -> None:
        super().__init__(folder, certificate=certificate)
        ports = {"9092": self._secured_port, "9094": self._port, "9093": self._controller_port}
        self._composed = properties(composed)
        for name, value in self._composed.items():
            text = value.replace("kafka:9092", "localhost:9092")
            text = text.replace(",HOST://:29092", "").replace(",HOST://localhost:29092", "")
            for known, ours in ports.items():
                text = text.replace(f":{known}", f":{ours}")
            self._composed[name] = text.replace("/certificate/server.pem", str(certificate))

    def _place(self) -> dict[str, str]:
        return self._composed


async def test_its_users_are_made_and_granted_what_they_need_and_nobody_else_gets_in(
    secured: dict[str, Any], tmp_path: Path
) -> None:
    authority = Authority.make(tmp_path / "made")
    certificate = authority.issue("kafka", "localhost")
    (tmp_path / "kafka").mkdir()
    broker = Composed(tmp_path / "kafka", certificate, secured["services"]["kafka"]["environment"])
    await asyncio.to_thread(broker.start)
    try:
        job = [*secured["services"]["users"]["command"][1:-1], str(tmp_path / "made")]
        environment = {"AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": broker.servers, "PATH": "/usr/bin"}
        ended = await aftercall(*job, environment=environment)
        operator = Security(
            protocol=Protocol.SASL_SSL,
            user=table.OPERATOR,
            password=(tmp_path / "made" / table.OPERATOR / "kafka-password").read_text,
            ca_file=authority.ca_file,
        )
        found = await look(broker.secured_servers, security=operator)
        with pytest.raises(Retry, match="does this listener speak PLAINTEXT"):
            await look(broker.secured_servers, security=PLAIN)
    finally:
        await asyncio.to_thread(broker.stop)

    assert ended.status == 0, ended.text
    assert found.brokers == 1
