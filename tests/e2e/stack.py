"""The platform as it runs in production: one process per service, on real Kafka and PostgreSQL.

Order, commands, environment and health paths are those of `deploy/table.py`, from which the compose
file and the Kubernetes base are written. Processes are only ever stopped by the id that we started.
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from common.testing.ports import free_port
from deploy import table
from deploy.table import Variable

REFERENCES = "AFTERCALL_SECRET_"  # variables that `env:NAME` may name
FAIL_AT = "AFTERCALL_FAIL_AT"  # see `common.failpoints`; for drills
PEPPER = "a pepper for tests, nothing else"


PROGRAMS = Path(sys.executable).parent


def installed(command: Sequence[str], *, programs: Path = PROGRAMS) -> list[str]:
    """A command of the table, as it is installed here."""
    return [str(programs / command[0]), *command[1:]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The code that processes run: this one's, or an older one's, found by `environment`.

    `jobs` are the commands to run first; `services` the commands by name, at HOST and PORT.
    `internal`: whether it answers for its operation on a port of its own.
    """

    name: str
    jobs: Mapping[str, Sequence[str]]
    services: Mapping[str, Sequence[str]]
    internal: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)

    def command(self, service: str, *, port: int) -> list[str]:
        told = {HOST: "127.0.0.1", PORT: str(port)}
        return [told.get(word, word) for word in self.services[service]]


HOST, PORT = "some-host", "1"  # stand for what a process is told
THIS = Release(
    name="this code",
    jobs={job.name: job.command for job in table.JOBS},
    services={one.name: one.command(host=HOST, port=int(PORT)) for one in table.SERVICES},
)


@dataclass
class Process:
    """One replica of one service. Its ports stay the same over restarts."""

    service: str
    port: int
    log: Path
    environment: Mapping[str, str]
    popen: "subprocess.Popen[bytes] | None" = None
    programs: Path = PROGRAMS
    release: Release = THIS
    internal_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def internal_url(self) -> str:
        """Health and metrics."""
        return f"http://127.0.0.1:{self.internal_port}" if self.release.internal else self.url

    @property
    def name(self) -> str:
        """As its log is called; no other replica has it."""
        return self.log.stem

    @property
    def running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    @property
    def status(self) -> int:
        """Of a process that has ended; a negative one is the signal that ended it."""
        assert self.popen is not None
        return self.popen.wait()

    def start(self, *, fail_at: str = "") -> None:
        command = self.release.command(self.service, port=self.port)
        told = {**self.environment, **self.release.environment}
        told["AFTERCALL_INTERNAL_PORT"] = str(self.internal_port)
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                installed(command, programs=self.programs),
                env={**told, **({FAIL_AT: fail_at} if fail_at else {})},
                stdout=log,
                stderr=log,
            )

    async def ready(self, *, timeout: float = 120.0) -> None:
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
            async with asyncio.timeout(timeout):
                while True:
                    if not self.running:
                        raise AssertionError(f"{self.service} ended:\n{self.tail()}")
                    try:
                        if (
                            await client.get(f"{self.internal_url}{table.READY}")
                        ).status_code == 200:
                            return
                    except httpx.TransportError:
                        pass
                    await asyncio.sleep(0.05)

    async def ended(self, *, timeout: float) -> int:
        """Waits until the process is gone; its exit status."""
        assert self.popen is not None
        return await asyncio.to_thread(self.popen.wait, timeout)

    def kill(self) -> None:
        """As if the machine had lost power."""
        if self.running and self.popen:
            self.popen.send_signal(signal.SIGKILL)
            self.popen.wait()

    async def stop(self, *, timeout: float = table.GRACE - table.DRAIN) -> int:
        """In good order, as a rolling restart does it; raises when the grace is not enough."""
        if self.running and self.popen:
            self.popen.terminate()
        return await self.ended(timeout=timeout)

    def tail(self, lines: int = 30) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def nothing(_: str) -> Mapping[str, str]:
    return {}


@dataclass
class Stack:
    """All replicas of all services, sharing one broker, one database, one public address.

    `own`: what a service, or who runs a job, is told beside that, instead of what all are told.
    A carrier's callbacks come to the first replica of a sender; that of sms-sender listens at
    `sender_port`. `release` is what is prepared and started from now on.
    """

    folder: Path
    environment: dict[str, str]
    sender_port: int
    secrets: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, list[Process]] = field(default_factory=dict)
    release: Release = THIS
    own: Callable[[str], Mapping[str, str]] = nothing

    async def prepare(self) -> None:
        """The jobs, one after the other."""
        for job in table.JOBS:
            log = self.folder / f"{job.name}.log"
            with log.open("ab") as out:
                process = await asyncio.create_subprocess_exec(
                    *installed(self.release.jobs[job.name]),
                    env={
                        **self._environment(job.environment),
                        **self.own(job.runs_as),
                        **self.release.environment,
                    },
                    stdout=out,
                    stderr=out,
                )
                status = await process.wait()
            assert status == 0, f"{job.name} ended with {status}:\n{log.read_text()}"

    async def start(self, service: str, *, replicas: int = 1) -> None:
        known = table.BY_NAME[service]
        environment = {**self._environment(known.variables), **self.own(service)}
        environment |= self.secrets if known.resolves else {}
        ports = [self.sender_port if service == "sms-sender" else free_port()]
        ports += [free_port() for _ in range(replicas - 1)]
        if known.calls_out:  # its callbacks come to the first of its replicas
            environment["AFTERCALL_PUBLIC_URL"] = f"http://127.0.0.1:{ports[0]}"
        for port in ports:
            process = Process(
                service,
                port,
                self.folder / f"{service}-{len(self.processes.get(service, []))}.log",
                environment,
                release=self.release,
            )
            process.start()
            self.processes.setdefault(service, []).append(process)
        await asyncio.gather(*(process.ready() for process in self.processes[service]))

    def _environment(self, variables: Sequence[Variable]) -> dict[str, str]:
        """Of what is ours only that; a variable that the table forgets is missed here."""
        names = {variable.name for variable in variables} | {FAIL_AT}
        return {
            name: value
            for name, value in self.environment.items()
            if not name.startswith("AFTERCALL_") or name.startswith(REFERENCES) or name in names
        }

    def one(self, service: str, number: int = 0) -> Process:
        return self.processes[service][number]

    def url(self, service: str, number: int = 0) -> str:
        return self.one(service, number).url

    def all(self) -> list[Process]:
        return [process for group in self.processes.values() for process in group]

    async def stop(self) -> None:
        for process in self.all():
            if process.running and process.popen:
                process.popen.terminate()
        for process in self.all():
            try:
                await process.ended(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


@asynccontextmanager
async def stack(
    folder: Path,
    *,
    kafka: str,
    namespace: str,
    database: str,
    secrets: Mapping[str, str],
    more: Mapping[str, str] | None = None,
    release: Release = THIS,
    own: Callable[[str], Mapping[str, str]] = nothing,
) -> AsyncIterator[Stack]:
    """No service runs, the jobs have; callbacks will come to the first sms-sender's port."""
    sender_port = free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("AFTERCALL_")},
        **(more or {}),
        "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "AFTERCALL_KAFKA_NAMESPACE": namespace,
        "AFTERCALL_DATABASE_URL": database,
        "AFTERCALL_CONTACT_PEPPER": PEPPER,
        "AFTERCALL_PUBLIC_URL": f"http://127.0.0.1:{sender_port}",
    }
    made = Stack(folder, environment, sender_port, secrets, release=release, own=own)
    try:
        await made.prepare()
        yield made
    finally:
        await made.stop()
