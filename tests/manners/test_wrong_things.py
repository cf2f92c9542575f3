"""No trace ever reaches a person: a line that says what, where and what to do, and a status."""

import os
import shlex
import socket
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.manners.real_command import RealCommand, open_folder
from tests.manners.wrong_things import NOWHERE, PEPPER, TABLE, Wrong

pytestmark = pytest.mark.integration  # the real command
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("AFTERCALL_")}


@pytest.fixture(scope="module")
def command() -> Iterator[RealCommand]:
    served = RealCommand()
    yield served
    served.close()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A web server of somebody else."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>It works!</html>")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def used() -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock.getsockname()[1]


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


def test_there_are_at_least_sixty_wrong_things() -> None:
    assert len(TABLE) >= 60


@pytest.mark.parametrize("wrong", TABLE, ids=lambda one: f"{one.typed}: {one.said}")
def test_what_is_wrong_is_a_line_that_helps(
    wrong: Wrong,
    command: RealCommand,
    elsewhere: str,
    used: int,
    folder: Path,
) -> None:
    (folder / "file").write_text("")
    (folder / "body.json").write_bytes(_bytes(wrong.body or "{}"))
    (folder / "acme.yaml").write_bytes(_bytes(wrong.config or ""))
    for name, mode in (("folder", 0o755), ("locked", 0o555)):
        (folder / name).mkdir(mode=mode)
    typed = wrong.typed.format(
        used=used,
        elsewhere=elsewhere,
        elsewhere_tls=elsewhere.replace("http:", "https:"),
        config=folder / "acme.yaml",
        body=folder / "body.json",
        **{name: folder / name for name in ("file", "folder", "locked")},
    )
    environment = {**PLAIN, "AFTERCALL_CONTACT_PEPPER": PEPPER, **wrong.environment}
    if not environment["AFTERCALL_CONTACT_PEPPER"]:
        del environment["AFTERCALL_CONTACT_PEPPER"]
    environment.setdefault("AFTERCALL_URL", NOWHERE)

    ended = command.run(
        *shlex.split(typed), cwd=folder, environment=environment, as_nobody=wrong.as_nobody
    )

    told = ended.err.strip()
    assert wrong.said in told, told
    assert ended.status == wrong.status, told
    assert "Traceback" not in ended.out + told
    assert "hunter2" not in ended.out + told, "a secret is never told"
    shown = [line for line in told.splitlines() if not line.endswith("configuration takes this:")]
    assert len(shown) <= wrong.lines + (wrong.config is not None), told
    sys.stdout.write(f"{wrong.typed[:40]:40}  {wrong.status}  {shown[-1]}\n")  # shown with -s


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
