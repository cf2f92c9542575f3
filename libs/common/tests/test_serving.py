"""A service that cannot begin says why in a line, before anything of it has begun."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from common.process import serving
from common.testing.ports import free_port

ENVIRONMENT = {
    "AFTERCALL_CONTACT_PEPPER": "a pepper for tests, nothing else",
    "AFTERCALL_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x",
    "AFTERCALL_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
}
SERVED = f"{__name__}:app"
app = FastAPI()
not_an_app = "anything"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AFTERCALL_INTERNAL_PORT", str(free_port()))


@pytest.fixture
def used() -> Iterator[str]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield str(sock.getsockname()[1])


def said(*arguments: str) -> str:
    with pytest.raises(SystemExit) as end:
        serving.main(arguments)
    return str(end.value.code)


def test_a_port_in_use_is_said_with_the_option_that_names_another(used: str) -> None:
    assert said("--port", used, SERVED) == (
        f"port {used} of 127.0.0.1 is in use; choose another with --port"
    )


def test_the_port_of_its_operation_has_a_variable_of_its_own(
    used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every service has the same unless it is told: the second on a machine meets it."""
    monkeypatch.setenv("AFTERCALL_INTERNAL_PORT", used)

    assert said("--port", "0", SERVED) == (
        f"port {used} of 127.0.0.1 is in use; choose another with AFTERCALL_INTERNAL_PORT;"
        " each service has one of its own"
    )


def test_an_address_of_another_machine_is_said_to_be_one() -> None:
    assert "of 192.0.2.1 is not of this machine" in said("--host", "192.0.2.1", SERVED)


@pytest.mark.parametrize(
    "named", ["nothing.app:app", "common.nothing:app", "common", f"{__name__}:not_an_app"]
)
def test_a_service_that_is_not_there_is_said_to_be_missing(named: str) -> None:
    assert said("--port", "0", named) == (
        f"there is no service {named}; name one such as ingest.app:app"
    )


@pytest.mark.parametrize("port", ["99999", "-1", "80x", ""])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(f"--port={port}", SERVED) == "2"
    assert "a port is a whole number from 0 to 65535" in capsys.readouterr().err


def test_what_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AFTERCALL_CONTACT_PEPPER")

    assert said(SERVED) == "AFTERCALL_CONTACT_PEPPER: is not set"


@pytest.mark.parametrize("after", [1.5, 4.0])
def test_ctrl_c_ends_it_without_a_trace_at_any_moment(after: float) -> None:
    """While it is imported, while it waits for its database."""
    command = [sys.executable, "-m", "common.process", "ingest.app:app", "--port", "0"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(after)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=60)

    assert "Traceback" not in out + err
    assert started.returncode in (130, -signal.SIGINT), err
