"""A real Apache Kafka of our own: KRaft, one node, jars from Maven, data in its own folder."""

import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from common.testing.jars import fetch, java
from common.testing.ports import free_ports
from common.testing.probe import cluster_id

SETTINGS: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "500",
    # How soon a broker that was killed may come back under its name; the default is 9 s.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "log.cleaner.dedupe.buffer.size": "2097152",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.segment.bytes": "67108864",
}


def _securing(certificate: Path) -> dict[str, str]:
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
    protocols = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL"
    return {
        "listener.security.protocol.map": protocols,
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": f"{scram} required;",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificate),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",  # who comes by the plain listener, as the node itself
    }


class Broker:
    """Same port, cluster id and data over all restarts. `servers` is for clients."""

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        heap: str = "-Xms256m -Xmx512m",
        cache: Path | None = None,
        joins: "Broker | None" = None,
        certificate: Path | None = None,
    ) -> None:
        """`joins`: a second broker of that one's cluster, with the node id 2.

        `certificate`, with its key, for `localhost`: see `secured_servers`.
        """
        self.folder = folder
        self.cluster_id: str = joins.cluster_id if joins else uuid4().hex[:22]
        self.node_id = 2 if joins else 1
        self._joins = joins
        self.pid: int | None = None
        self._port, self._controller_port, self._secured_port = free_ports(3)
        self._certificate = certificate
        own = _securing(certificate) if certificate else {}
        self._settings = {**SETTINGS, **own, **(settings or {})}
        self._heap = heap.split()
        self._cache = cache
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def servers(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def secured_servers(self) -> str:
        """With TLS and SCRAM; its users may do nothing before they are granted it."""
        return f"localhost:{self._secured_port}"

    def start(self, *, deadline: float = 60.0) -> None:
        """Returns when clients can work; raises with the end of its log when that fails."""
        jars = fetch(self._cache)
        self._configure()
        options = ["-XX:+ExitOnOutOfMemoryError", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        command = [java(), *self._heap, *options, "-cp", f"{jars}/*"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [*command, "kafka.Kafka", str(self.folder / "server.properties")],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop us in order
            )
        self.pid = self._process.pid
        self._wait(deadline)

    def stop(self, *, deadline: float = 30.0) -> None:
        """In order."""
        self._end(signal.SIGTERM, deadline)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL, 10.0)

    def leave(self) -> int:
        """Its process id; it runs on, and whoever knows the id stops it."""
        assert self._process is not None
        self._process.returncode = 0  # else Popen complains, at the end, that it still runs
        return self._process.pid

    def restart(self, *, kill: bool = False) -> None:
        """The same data at the same address."""
        if kill:
            self.kill()
        else:
            self.stop()
        self.start()

    def _end(self, number: int, deadline: float) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(deadline)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
        self.pid = None

    def _configure(self) -> None:
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        identity = data / "meta.properties"
        if not identity.exists():
            identity.write_text(
                f"version=1\ncluster.id={self.cluster_id}\nnode.id={self.node_id}\n"
            )
        lines = [f"{name}={value}" for name, value in {**self._settings, **self._place()}.items()]
        lines.append(f"log.dirs={data}")
        (self.folder / "server.properties").write_text("\n".join(lines) + "\n")

    def _place(self) -> dict[str, str]:
        """Where it listens, and who the controller is."""
        listeners = f"PLAINTEXT://{self.servers}"
        more: dict[str, str] = {}
        if self._certificate:
            listeners += f",SASL_SSL://127.0.0.1:{self._secured_port}"
            more["advertised.listeners"] = (
                f"PLAINTEXT://{self.servers},SASL_SSL://{self.secured_servers}"
            )
        if self._joins:
            port = self._joins._controller_port
            return {
                "process.roles": "broker",
                "node.id": str(self.node_id),
                "listeners": listeners,
                "controller.quorum.voters": f"1@127.0.0.1:{port}",
            }
        return more | {
            "listeners": f"{listeners},CONTROLLER://127.0.0.1:{self._controller_port}",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
        }

    def _wait(self, deadline: float) -> None:
        assert self._process is not None
        until = time.monotonic() + deadline
        found: str | None = None
        while found is None:
            if self._process.poll() is not None or time.monotonic() > until:
                tail = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"Kafka did not start at {self.servers}; its log ends:\n{tail}")
            time.sleep(0.05)
            found = cluster_id(self.servers)
        if found != self.cluster_id:
            self.kill()
            raise RuntimeError(f"somebody else's Kafka listens at {self.servers}: {found}")
